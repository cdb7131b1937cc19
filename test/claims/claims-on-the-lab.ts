import anyTest, {type TestFn} from 'ava';

import {labRig, type Rig} from '../migrate/fixtures/lab-migration.ts';

const test = anyTest.serial as TestFn<{rig: Rig}>;
const name = 'aslo-proxy';
const foreign = {run: 'theirs', controller: 'mallow:1#1', token: 9, until: '2999-01-01T00:00:00.000Z'};

test.before(async t => {
  t.timeout(540_000);
  t.context.rig = await labRig({vms: 1});
});

test.after.always(async t => t.context.rig?.close());

async function uuidOf(rig: Rig): Promise<string> {
  return (await rig.shell('sunjammer', `virsh domuuid ${name}`)).trim();
}

/** The claim as an operator would see it, live and in the definition. */
async function metadataOf(rig: Rig, host: string): Promise<string> {
  const dump = (flag: string) => rig.shell(host, `virsh dumpxml ${name} ${flag}`);
  return `${await dump('')}\n${await dump('--inactive')}`;
}

test("somebody else's claim stands in the way until it is gone", async t => {
  const {rig} = t.context;
  const source = rig.hosts.get('sunjammer') ?? t.fail();
  const uuid = await uuidOf(rig);
  await source.writeClaim(uuid, foreign);
  t.regex(await rig.shell('sunjammer', `virsh metadata ${name} urn:dr-toolkit:claim`), /run="theirs"/u);
  const {plan, findings} = await rig.migrate();
  t.is(plan, undefined);
  t.regex(findings.find(({code}) => code === 'CLAIMED')?.message ?? '', /held by run theirs of mallow:1#1/u);
  t.deepEqual(await rig.places(name), {sunjammer: 'running'});
  await source.removeClaim(uuid);
  t.is(await source.readClaim(uuid), undefined);
});

test('an aborted move leaves no claim behind', async t => {
  const {rig} = t.context;
  const abort = new AbortController();
  const uuid = await uuidOf(rig);
  const during: unknown[] = [];
  const half = async () => {
    during.push(await rig.hosts.get('sunjammer')?.readClaim(uuid), await rig.hosts.get('newhost')?.readClaim(uuid));
    abort.abort(new Error('enough'));
  };
  const {failures} = await rig.migrate({half, signal: abort.signal, bandwidthMibPerSecond: 8});
  t.is(during.length, 2);
  t.truthy(during[0], 'it can be read while libvirt moves the domain');
  t.deepEqual(during[1], during[0], 'and has come to the target with the definition');
  t.deepEqual(failures, []);
  t.deepEqual(await rig.places(name), {sunjammer: 'running'});
  t.notRegex(await metadataOf(rig, 'sunjammer'), /dr-toolkit/u);
});

test('a domain that has moved bears no trace of a claim', async t => {
  const {rig} = t.context;
  const {outcome, failures} = await rig.migrate();
  t.deepEqual(failures, []);
  t.is(outcome?.status, 'done');
  t.deepEqual(await rig.places(name), {newhost: 'running'});
  t.notRegex(await metadataOf(rig, 'newhost'), /dr-toolkit/u);
});

test('nor does one that was copied while it was off', async t => {
  const {rig} = t.context;
  await rig.shell('newhost', `virsh destroy ${name}`);
  const {failures} = await rig.migrate({from: 'newhost', to: 'sunjammer', keptDisks: 'replace'});
  t.deepEqual(failures, []);
  t.deepEqual(await rig.places(name), {sunjammer: 'shut off'});
  t.notRegex(await metadataOf(rig, 'sunjammer'), /dr-toolkit/u);
});
