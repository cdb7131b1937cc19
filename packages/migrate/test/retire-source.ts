import test from 'ava';
import {readDiskNote, removeDiskNote} from '@dr-toolkit/hosts';

import type {DomainMove} from '../src/index.ts';
import {retireSource} from '../src/retire-source.ts';
import {underClaim} from '../src/under-claim.ts';
import {type GuestSpec, images, TwoHosts, uuidOf} from './fixtures/two-hosts.ts';

const disk = `${images}/web.qcow2`;

/** A domain that has arrived and is in order, before its source is retired. */
async function arrived(spec: GuestSpec = {}) {
  const two = new TwoHosts().with('web', spec);
  const {plan, moves} = await two.plan();
  const [move] = moves;
  if (!plan || !move) throw new Error('nothing to move');
  await two.perform({...plan, steps: plan.steps.slice(0, 3)});
  const context = two.contextFor('web/retire');
  return {
    two,
    inspect: async () => (await retireSource.inspect(move, context)).state,
    retire: (changes: Partial<DomainMove> = {}) => underClaim(retireSource).perform({...move, ...changes}, context),
  };
}

test('it is done when nothing of it is left to do', async t => {
  const {inspect, retire} = await arrived();
  t.is(await inspect(), 'pending');
  t.deepEqual(await retire(), {kept: [disk]});
  t.is(await inspect(), 'done');
});

const interrupted = test.macro({
  async exec(t, undone: (two: TwoHosts) => Promise<unknown>) {
    const {two, inspect, retire} = await arrived();
    await retire();
    await undone(two);
    t.is(await inspect(), 'pending');
  },
  title: what => `it is to be done while ${String(what)}`,
});
test('its claim lies on the target', interrupted, two =>
  two.birch.writeClaim(uuidOf(1), {run: 'run-1', controller: 'test', token: 1, until: ''}),
);
test('its source knows it', interrupted, async two =>
  two.alder.add(two.birch.domains.get(uuidOf(1))?.xml ?? '', {state: 'shutoff'}),
);
test('its disk on the source has no mark', interrupted, two => removeDiskNote(two.alder, disk, 'kept'));
test('its disk on the target is called an unfinished copy', interrupted, async two =>
  two.birch.files.create({path: `${disk}.dr-incoming`, format: 'raw', capacityBytes: 9}),
);

test("another run's claim on the target does not make it begin again", async t => {
  const {two, inspect, retire} = await arrived();
  await retire();
  await two.birch.writeClaim(uuidOf(1), {run: 'run-2', controller: 'test', token: 1, until: ''});
  t.is(await inspect(), 'done');
});

test('disks that were deleted are not to be deleted again', async t => {
  const {inspect, retire} = await arrived();
  t.deepEqual(await retire({sourceDisks: 'delete'}), {deleted: [disk]});
  t.is(await inspect(), 'done');
});

test('nothing is marked, deleted or forgotten while the domain is not in order on its target', async t => {
  for (const sourceDisks of ['keep', 'delete'] as const) {
    const {two, retire} = await arrived();
    Object.assign(two.birch.domains.get(uuidOf(1)) ?? {}, {state: 'shutoff'});
    await t.throwsAsync(async () => retire({sourceDisks}), {code: 'TARGET_NOT_VERIFIED'});
    t.deepEqual(two.knownTo(), ['alder', 'birch']);
    t.deepEqual(two.alder.files.paths, [disk]);
    t.deepEqual(two.birch.files.paths, [disk, `${disk}.dr-incoming`]);
  }
});

test('a source that does not forget the domain keeps its disks', async t => {
  const {two, retire} = await arrived();
  two.alder.undefine = () => Promise.reject(new Error('no'));
  await t.throwsAsync(async () => retire({sourceDisks: 'delete'}), {message: 'no'});
  t.deepEqual(two.alder.files.paths, [disk]);
});

test('no mark is left for a disk that is gone', async t => {
  const {two, retire} = await arrived();
  two.alder.files.delete(disk);
  await retire();
  t.deepEqual(two.alder.files.paths, []);
});

test('a mark names the NVRAM that stayed beside the disk, and that of NVRAM itself none', async t => {
  const nvram = '/var/lib/libvirt/qemu/nvram/web.fd';
  const two = new TwoHosts().with('web', {state: 'shutoff', os: `<nvram>${nvram}</nvram>`});
  two.alder.files.create({path: nvram, format: 'raw', capacityBytes: 9});
  const {plan} = await two.plan();
  if (plan) await two.perform(plan);
  t.is((await readDiskNote(two.alder, disk, 'kept'))?.nvram, nvram);
  const mark = await readDiskNote(two.alder, nvram, 'kept');
  t.is(mark?.uuid, uuidOf(1));
  t.is(mark?.nvram, undefined);
});

test('a domain that starts with its host does so on its target, and one that does not does not', async t => {
  for (const autostart of ['on', 'off'] as const) {
    const {two, retire} = await arrived();
    Object.assign(two.birch.domains.get(uuidOf(1)) ?? {}, {autostart: autostart === 'off'});
    await retire({autostart});
    t.is(two.birch.domains.get(uuidOf(1))?.autostart, autostart === 'on');
  }
});
