import test from 'ava';

import type {DomainMove} from '../src/index.ts';
import {prepareDisks} from '../src/prepare-disks.ts';
import {guestXml, type GuestSpec, images, TwoHosts, uuidOf} from './fixtures/two-hosts.ts';

const disk = `${images}/web.qcow2`;
const targetUri = 'sim://birch/system';

async function planned(spec: GuestSpec = {}, {two = new TwoHosts(), sharedPools = [] as string[]} = {}) {
  const {moves, findings} = await two.with('web', spec).plan({route: {targetUri, sharedPools}});
  const [move] = moves;
  if (!move) throw new Error(JSON.stringify(findings));
  const context = two.contextFor('web/prepare');
  return {
    two,
    inspect: async (changes: Partial<DomainMove> = {}) =>
      (await prepareDisks.inspect({...move, ...changes}, context)).state,
    move,
    prepare: async () => prepareDisks.perform(move, context),
    undone: async () => (await prepareDisks.inspectUndo?.(move, context))?.state,
  };
}

test('it is done when the files are there, and not before', async t => {
  const {two, inspect, prepare} = await planned();
  t.is(await inspect(), 'pending');
  await prepare();
  t.is(await inspect(), 'done');
  two.birch.files.delete(disk);
  t.is(await inspect(), 'pending');
});

test('nothing is prepared under a domain that works on the target, and it is where one only arrives', async t => {
  const {two, inspect} = await planned();
  two.birch.add(guestXml('web'), {state: 'paused', stateReason: 'migration', persistent: false});
  t.is(await inspect(), 'pending');
  two.birch.add(guestXml('web'));
  t.is(await inspect(), 'done');
});

test('that a disk is shared is proved again each time', async t => {
  const two = new TwoHosts();
  two.birch.files.share(images, two.alder.files);
  const {inspect, prepare} = await planned({}, {two, sharedPools: ['default']});
  t.is(await inspect(), 'pending');
  await prepare();
  t.is(await inspect(), 'pending');
});

test('that one of its disks is shared is proved again, though the others are there', async t => {
  const {move, inspect, prepare} = await planned();
  await prepare();
  const shared = move.disks.map(one => ({...one, target: 'vdb', storage: 'shared' as const, proof: 'probe' as const}));
  t.is(await inspect({disks: [...move.disks, ...shared]}), 'pending');
});

test('a disk that is not shared, though dr.yaml says so, ends it before a file is made', async t => {
  const two = new TwoHosts();
  two.birch.files.create({path: disk, format: 'qcow2', capacityBytes: 7});
  const shared = two.birch.files.find(disk);
  const {prepare} = await planned({}, {two, sharedPools: ['default']});
  // Each wait for the note to be shown is cut short.
  two.birch.findVolume = async path => {
    if (path.endsWith('.dr-probe')) throw new Error('not mounted');
    return two.birch.files.find(path);
  };
  await t.throwsAsync(prepare(), {code: 'NOT_SHARED'});
  t.deepEqual(two.birch.files.find(disk), shared);
});

const refuses = test.macro({
  async exec(t, happen: (two: TwoHosts) => unknown) {
    const {two, prepare} = await planned({state: 'shutoff'});
    happen(two);
    await t.throwsAsync(prepare(), {code: 'NOT_ON_SOURCE'});
    t.is(two.birch.files.find(`${disk}.dr-incoming`), undefined);
  },
  title: what => `nothing is made for a domain that ${String(what)}`,
});
test('has gone', refuses, two => two.alder.domains.clear());
test('both know', refuses, two => two.birch.add(guestXml('web'), {state: 'shutoff', stateReason: 'shutdown'}));
test('only the target knows', refuses, two => {
  two.alder.domains.clear();
  two.birch.add(guestXml('web'), {state: 'shutoff', stateReason: 'shutdown'});
});
test('is being moved already', refuses, two => {
  const bytes = {elapsedMs: 1, processedBytes: 1, totalBytes: 2, memoryBytes: 0, bytesPerSecond: 1};
  const web = two.alder.domains.get(uuidOf(1));
  if (web) Object.assign(web, {state: 'running', job: {operation: 'migration-out', ...bytes}});
});

test('there is nothing to take back where the domain has arrived, or where no file waits for it', async t => {
  const {two, prepare, undone} = await planned();
  t.is(await undone(), 'done');
  await prepare();
  t.is(await undone(), 'pending');
  two.birch.add(guestXml('web'));
  t.is(await undone(), 'done');
});
