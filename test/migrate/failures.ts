import anyTest, {type ExecutionContext, type TestFn} from 'ava';
import {runStanding, showRun} from '@dr-toolkit/engine';
import {readInventory} from '@dr-toolkit/hosts';
import {askGuest, type GuestRecord} from '@dr-toolkit/lab';
import {deleteUnfinished, unfinishedCopies} from '@dr-toolkit/migrate';

import {countedPast} from '../fixtures/counted-past.ts';
import {ranOn} from '../fixtures/ran-on.ts';
import {codes, labRig, type Migration, type Rig} from './fixtures/lab-migration.ts';

const test = anyTest.serial as TestFn<{rig: Rig}>;
type Test = ExecutionContext<{rig: Rig}>;
const images = '/var/lib/libvirt/images';
/** Slow enough that something can happen half-way. */
const slowly = {domains: ['aslo-proxy'], bandwidthMibPerSecond: 8} as const;

test.before(async t => {
  t.timeout(540_000);
  t.context.rig = await labRig({vms: 2, hostDiskMib: 1024});
});

test.after.always(async t => t.context.rig?.close());

/** The failure is told with the next step, the guest has not stopped, and nothing is left where it was to go. */
async function staysOnSource(t: Test, {outcome, failures}: Migration, code: RegExp) {
  const {rig} = t.context;
  t.log(...failures);
  t.is(outcome?.status, 'failed');
  t.is(failures.length, 1);
  t.regex(failures[0] ?? '', code);
  const error = Object.values(outcome?.steps ?? {}).find(step => step.error)?.error;
  t.truthy(error?.hint);
  t.is((await rig.places('aslo-proxy'))['sunjammer'], 'running');
}

async function nothingLeft(t: Test) {
  t.deepEqual(await t.context.rig.places('aslo-proxy'), {sunjammer: 'running'});
  t.is((await t.context.rig.shell('newhost', `ls ${images} | grep aslo-proxy || true`)).trim(), '');
}

/** The same command again finishes the job; then the domain goes home for the next test. */
async function againAndHome(t: Test, bootId: string | undefined) {
  const {rig} = t.context;
  const again = await rig.migrate({domains: ['aslo-proxy'], sourceDisks: 'delete'});
  t.deepEqual(codes(again, 'blocks'), []);
  t.deepEqual(again.failures, []);
  t.is(again.outcome?.status, 'done');
  t.deepEqual(await rig.places('aslo-proxy'), {newhost: 'running'});
  if (bootId !== undefined) t.true(await ranOn(rig.lab, await guestOf(rig), bootId), 'the guest was not started anew');
  const home = await rig.migrate({from: 'newhost', to: 'sunjammer', domains: ['aslo-proxy'], sourceDisks: 'delete'});
  t.deepEqual(home.failures, []);
}

/** Deletes what a run has left unfinished on the target, as `dr clean` does. */
async function cleaned({hosts, store}: Rig, run: string | undefined): Promise<void> {
  const inventory = await readInventory(hosts.values());
  const copies = await unfinishedCopies(hosts, inventory, {
    viewOf: async one => (one === run ? showRun(store, one) : undefined),
  });
  const stays = copies.flatMap(({keep}) => keep ?? []);
  if (copies.length === 0 || stays.length > 0) throw new Error(`Nothing to clean: ${stays.join(', ')}`);
  for (const copy of copies) await deleteUnfinished(hosts, copy, {standingOf: one => runStanding(store, one)});
}

async function guestOf({lab}: Rig): Promise<GuestRecord> {
  const guest = (await lab.guests()).find(({name}) => name === 'aslo-proxy');
  if (!guest) throw new Error('There is no aslo-proxy');
  return guest;
}

async function addressOf(rig: Rig): Promise<string> {
  return (await guestOf(rig)).address;
}

test('aborted half-way: the source runs on', async t => {
  const {rig} = t.context;
  const {boot_id} = await askGuest(await addressOf(rig));
  const stop = new AbortController();
  const cut = await rig.migrate({
    ...slowly,
    half: () => stop.abort(new Error('stopped by the operator')),
    signal: stop.signal,
  });
  t.log(cut.outcome?.status, ...cut.failures);
  t.not(cut.outcome?.status, 'done');
  await nothingLeft(t);
  await againAndHome(t, boot_id);
});

test('the disk of the target fills half-way', async t => {
  const {rig} = t.context;
  const {boot_id} = await askGuest(await addressOf(rig));
  const fill = `df --output=avail -k ${images} | tail -n1 | xargs -I{} fallocate -l {}k /var/lib/libvirt/filler`;
  await rig.shell(
    'sunjammer',
    `qemu-img create -f raw ${images}/big.raw 256M; qemu-io -f raw -c 'write -P 7 0 256M' ${images}/big.raw; virsh attach-disk aslo-proxy ${images}/big.raw vdb --subdriver raw`,
  );
  const full = await rig.migrate({...slowly, bandwidthMibPerSecond: 32, half: () => rig.shell('newhost', fill)});
  await staysOnSource(t, full, /No space left|pool default is full on newhost/u);
  await nothingLeft(t);
  await rig.shell('newhost', 'rm /var/lib/libvirt/filler');
  await rig.shell('sunjammer', `virsh detach-disk aslo-proxy vdb; rm ${images}/big.raw`);
  await againAndHome(t, boot_id);
});

test('the link is cut half-way: the guest works all the time', async t => {
  const {rig} = t.context;
  const address = await addressOf(rig);
  const {boot_id} = await askGuest(address);
  await rig.lab.setLink('sunjammer', {rateMbit: 40});
  const cut = await rig.migrate({domains: ['aslo-proxy'], half: () => rig.lab.cut('sunjammer', 'newhost')});
  // Asked while the link is still cut: QEMU must not be waiting for the dead connection.
  const {counter} = await askGuest(address);
  await staysOnSource(t, cut, /MOVE_FAILED/u);
  await t.notThrowsAsync(countedPast(address, counter));
  await rig.lab.heal('sunjammer', 'newhost');
  await rig.lab.setLink('sunjammer', {});
  await againAndHome(t, boot_id);
});

test('the link is cut half-way of a move that dr drives itself', async t => {
  const {rig} = t.context;
  const {boot_id} = await askGuest(await addressOf(rig));
  const cut = await rig.migrate({...slowly, through: 'client', half: () => rig.lab.cut('sunjammer', 'newhost')});
  await staysOnSource(t, cut, /MOVE_FAILED/u);
  await rig.lab.heal('sunjammer', 'newhost');
  await againAndHome(t, boot_id);
});

test('the link is cut before the first byte: told within half a minute, and aborted for good', async t => {
  const {rig} = t.context;
  const address = await addressOf(rig);
  const {boot_id, counter} = await askGuest(address);
  // dr reaches both hosts, and they do not reach each other.
  await rig.lab.cut('sunjammer', 'newhost');
  const startMs = performance.now();
  const early = await rig.migrate({domains: ['aslo-proxy']});
  t.log(`told after ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
  t.true(performance.now() - startMs < 90_000, 'TCP itself would take two minutes at least');
  await t.notThrowsAsync(countedPast(address, counter));
  await staysOnSource(t, early, /MOVE_FAILED/u);
  // The link is back while libvirt may still be waiting: what was aborted stays aborted.
  await rig.lab.heal('sunjammer', 'newhost');
  await rig.shell(
    'sunjammer',
    'for try in $(seq 600); do virsh domjobinfo aslo-proxy | grep -q "Job type: *None" && break; sleep 0.5; done',
  );
  t.is((await rig.places('aslo-proxy'))['sunjammer'], 'running');
  await againAndHome(t, boot_id);
});

test("the target's libvirtd is killed half-way", async t => {
  const {rig} = t.context;
  const {boot_id} = await askGuest(await addressOf(rig));
  const killed = await rig.migrate({...slowly, half: () => rig.lab.killLibvirtd('newhost')});
  await staysOnSource(t, killed, /MOVE_FAILED/u);
  await rig.lab.startLibvirtd('newhost');
  // It lets go of what was arriving when it died in its own time.
  while ('newhost' in (await rig.places('aslo-proxy')));
  await cleaned(rig, killed.outcome?.run);
  await nothingLeft(t);
  await againAndHome(t, boot_id);
});

test('the domain is shut down half-way: the next run copies it', async t => {
  const {rig} = t.context;
  const down = await rig.migrate({...slowly, half: () => rig.shell('sunjammer', 'virsh destroy aslo-proxy')});
  t.log(...down.failures);
  t.regex(down.failures[0] ?? '', /SOURCE_STATE/u);
  t.deepEqual(await rig.places('aslo-proxy'), {sunjammer: 'shut off'});
  const again = await rig.migrate({domains: ['aslo-proxy'], sourceDisks: 'delete'});
  t.deepEqual(again.failures, []);
  t.deepEqual(await rig.places('aslo-proxy'), {newhost: 'shut off'});
  await rig.shell('newhost', 'virsh start aslo-proxy');
  const home = await rig.migrate({from: 'newhost', to: 'sunjammer', domains: ['aslo-proxy'], sourceDisks: 'delete'});
  t.deepEqual(home.failures, []);
});

test('the target is switched off half-way', async t => {
  const {rig} = t.context;
  const off = await rig.migrate({...slowly, half: () => rig.lab.powerOff('newhost')});
  await staysOnSource(t, off, /MOVE_FAILED/u);
  await rig.lab.powerOn('newhost');
  await againAndHome(t, undefined);
});
