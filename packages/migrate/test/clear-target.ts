import test from 'ava';
import {readInventory, writeDiskNote} from '@dr-toolkit/hosts';

import {clearTarget} from '../src/clear-target.ts';
import {domainMoves} from '../src/index.ts';
import {guestXml, type GuestSpec, images, TwoHosts, uuidOf} from './fixtures/two-hosts.ts';

const disk = `${images}/web.qcow2`;
const note = `${disk}.dr-incoming`;
const incoming = {kind: 'incoming' as const, uuid: uuidOf(1), domain: 'web', from: 'alder', run: 'run-1'};
const arriving = {state: 'paused' as const, stateReason: 'migration', persistent: false};

/** `web` on its source, and what a run had begun to copy. */
async function begun(spec = {}): Promise<TwoHosts> {
  const two = new TwoHosts().with('web', spec);
  two.birch.files.create({path: disk, format: 'qcow2', capacityBytes: 9});
  await writeDiskNote(two.birch, disk, incoming);
  return two;
}

async function clear(two: TwoHosts): Promise<void> {
  const request = {from: 'alder', to: 'birch', route: {targetUri: 'sim://birch/system'}};
  const [move] = domainMoves(await readInventory(two.hosts.values()), request);
  if (!move) throw new Error('nothing moves');
  await clearTarget(move, {source: two.alder, target: two.birch}, {});
}

test('what never came to work goes, with its files', async t => {
  const two = await begun();
  two.birch.add(guestXml('web'), arriving);
  await clear(two);
  t.deepEqual([two.knownTo(), two.birch.files.paths], [['alder'], []]);
});

const touchesNothing = test.macro({
  async exec(t, make: () => Promise<TwoHosts>, message: RegExp) {
    const two = await make();
    const known = two.knownTo();
    await t.throwsAsync(clear(two), {message});
    t.deepEqual(two.knownTo(), known);
    t.true([disk, note].every(path => two.birch.files.paths.includes(path)));
  },
  title: situation => `nothing is touched when ${situation}`,
});
test(
  'another domain has taken the file',
  touchesNothing,
  async () => {
    const two = await begun();
    two.birch.add(guestXml('clone', {number: 2, disk}));
    return two;
  },
  /web\.qcow2 on birch is in use by clone/u,
);
test(
  'it is the file of the domain itself, by a share that nobody told of',
  touchesNothing,
  async () => {
    const two = new TwoHosts().with('web');
    await writeDiskNote(two.alder, disk, {...incoming, from: 'cedar'});
    two.birch.files.share(images, two.alder.files);
    return two;
  },
  /is the file that web has on alder/u,
);
test(
  'the domain has left its source by a move, and its target has lost it',
  touchesNothing,
  () => begun({state: 'shutoff', stateReason: 'migrated'}),
  /may be newer than its disks on alder/u,
);
test(
  'the source has let go of it meanwhile',
  touchesNothing,
  async () => {
    const two = await begun({state: 'shutoff', stateReason: 'migrated'});
    two.birch.add(guestXml('web'), arriving);
    return two;
  },
  /nothing is removed there/u,
);

const is = (there: GuestSpec, job?: string) => async () => {
  const two = await begun(job === undefined ? {} : {job: jobOf(job)});
  two.birch.add(guestXml('web'), there);
  return two;
};
const removesNothing = /so nothing is removed there/u;
test('the domain works there', touchesNothing, is({}), removesNothing);
test(
  'a person has paused it there',
  touchesNothing,
  is({state: 'paused', stateReason: 'user', persistent: false}),
  removesNothing,
);
test(
  'it is defined there, whether or not it has arrived',
  touchesNothing,
  is({...arriving, persistent: true}),
  removesNothing,
);
test('it is shut off there', touchesNothing, is({state: 'shutoff', stateReason: 'shutdown'}), removesNothing);
test('it is still being moved there', touchesNothing, is(arriving, 'migration-out'), removesNothing);

test("a file that another domain's note lies beside is not removed", async t => {
  const two = await begun();
  await writeDiskNote(two.birch, disk, {...incoming, uuid: uuidOf(9), domain: 'db'});
  await clear(two);
  t.deepEqual(two.birch.files.paths, [disk, note]);
});

function jobOf(operation: string) {
  return {operation, elapsedMs: 1, processedBytes: 1, totalBytes: 2, memoryBytes: 0, bytesPerSecond: 1};
}
