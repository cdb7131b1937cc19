import test from 'ava';

import {proveShared} from '../src/prove-shared.ts';
import {images, TwoHosts} from './fixtures/two-hosts.ts';

const disk = `${images}/web.qcow2`;
const route = {targetUri: 'sim://birch/system', sharedPools: ['default']};

/** Two hosts of which dr.yaml says that they share their images. */
async function said(two = new TwoHosts().with('web')) {
  const {plan, moves, findings} = await two.plan({route});
  const [move] = moves;
  if (!move) throw new Error(JSON.stringify(findings));
  const [alder, birch] = [two.alder, two.birch];
  const prove = async () => proveShared(move, {source: alder, target: birch}, {run: 'run-1', shownMsMax: 0});
  return {two, move, plan, prove};
}

function sharing(two = new TwoHosts().with('web')): TwoHosts {
  two.birch.files.share(images, two.alder.files);
  return two;
}

test('what both hosts see is proved by a note that goes again', async t => {
  const {two, move, prove} = await said(sharing());
  t.like(move.disks[0], {storage: 'shared', proof: 'probe'});
  await prove();
  t.deepEqual(two.alder.files.paths, [disk]);
});

test('what dr.yaml calls shared and is not stays where it is, and no file is left', async t => {
  const {two, prove} = await said();
  two.birch.files.create({path: disk, format: 'raw', capacityBytes: 7});
  await t.throwsAsync(prove(), {code: 'NOT_SHARED', message: /is not seen beside .* on birch/u});
  t.deepEqual([two.alder.files.paths, two.birch.files.paths], [[disk], [disk]]);
});

test('an old mark proves nothing', async t => {
  const {two, prove} = await said(sharing());
  await prove();
  const written = two.alder.acts.findLast(act => act.startsWith('write'));
  t.is(written, `write ${disk}.dr-probe`);
  const apart = await said();
  const {birch} = apart.two;
  birch.files.create({path: `${disk}.dr-probe`, format: 'raw', capacityBytes: 90});
  const data = Buffer.from(
    JSON.stringify({format: 'dr-note/1', kind: 'probe', uuid: 'u', domain: 'web', run: 'run-1', mark: 'older'}),
  );
  birch.files.write(`${disk}.dr-probe`, {offset: 0, data});
  await t.throwsAsync(apart.prove(), {code: 'NOT_SHARED'});
});

test('a host that does not answer proves nothing either', async t => {
  const {two, prove} = await said(sharing());
  two.birch.reachable = 'no';
  await t.throwsAsync(prove(), {code: 'NOT_SHARED', message: /cannot be told/u});
  t.deepEqual(two.alder.files.paths, [disk]);
});

for (const state of ['running', 'shutoff'] as const) {
  test(`a ${state} domain on shared storage moves, and its disk stays where it is`, async t => {
    const two = sharing(new TwoHosts().with('web', {state}));
    const {plan} = await two.plan({route, sourceDisks: 'delete'});
    if (!plan) return t.fail();
    await two.perform(plan);
    t.deepEqual(two.knownTo(), ['birch']);
    t.deepEqual(two.alder.files.paths, [disk]);
    t.is(two.alder.acts.filter(act => act === `delete ${disk}`).length, 0);
    return undefined;
  });
}

test('what a file server shows a little later is proved as well', async t => {
  const {two, move} = await said(sharing());
  let looks = 0;
  const find = two.birch.findVolume.bind(two.birch);
  two.birch.findVolume = async (...args) => {
    looks += 1;
    return looks === 1 ? undefined : find(...args);
  };
  await proveShared(move, {source: two.alder, target: two.birch}, {run: 'run-1'});
  t.is(looks, 2);
});
