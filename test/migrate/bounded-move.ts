import anyTest, {type TestFn} from 'ava';

import {attachData, blockState, detachData, isBounded, monitor} from './fixtures/bounded-copy.ts';
import {labRig, type Rig} from './fixtures/lab-migration.ts';

const test = anyTest.serial as TestFn<{rig: Rig}>;
const mebibyte = 1024 ** 2;

test.before(async t => {
  t.timeout(240_000);
  t.context.rig = await labRig({vms: 1});
});

test.after.always(async t => t.context.rig?.close());

test('a move that was bounded before it began is bounded from its start, and leaves nothing when it is aborted', async t => {
  const {rig} = t.context;
  await bound(rig, 2 * mebibyte);
  const seen = Promise.withResolvers<string>();
  const {failures} = await rig.migrate({
    domains: ['aslo-proxy'],
    half: async () => {
      seen.resolve(await state(rig));
      await rig.shell('sunjammer', 'virsh domjobabort aslo-proxy');
    },
  });
  t.true(isBounded(await seen.promise, 2 * mebibyte), await seen.promise);
  t.regex(failures.join('\n'), /^MOVE_FAILED: aslo-proxy was not moved and runs on sunjammer/u);
  t.notRegex(await state(rig), /dr-copy|migration-/u);
  t.deepEqual(await rig.places('aslo-proxy'), {sunjammer: 'running'});
});

test('a move that is bounded to next to nothing ends when it is aborted, and leaves nothing', async t => {
  const {rig} = t.context;
  // Data for more requests than QEMU has under way at once: an abort would wait for each.
  await attachData(rig, 'sunjammer', 'aslo-proxy');
  await bound(rig, mebibyte);
  const stop = new AbortController();
  const {outcome} = await rig.migrate({
    domains: ['aslo-proxy'],
    signal: stop.signal,
    fraction: 0.03,
    half: async () => {
      while (!isBounded(await state(rig), mebibyte / 2));
      stop.abort(new Error('stopped by the operator'));
    },
  });
  t.is(outcome?.status, 'stopped');
  t.deepEqual(await rig.places('aslo-proxy'), {sunjammer: 'running'});
  t.notRegex(await state(rig), /dr-copy|migration-/u);
  t.regex(await rig.shell('sunjammer', 'virsh domjobinfo aslo-proxy'), /^Job type: +None/u);
  await detachData(rig, 'sunjammer', 'aslo-proxy');
});

test('what a move without witness has left does not stand in the way, and a bounded move arrives', async t => {
  const {rig} = t.context;
  await tell(rig, 'object-add', {'qom-type': 'throttle-group', id: 'dr-copy', limits: {'iops-total': 1}});
  await tell(rig, 'blockdev-add', {driver: 'null-co', 'node-name': 'migration-vda-storage'});
  const throttle = {driver: 'throttle', 'node-name': 'dr-copy-vda', 'throttle-group': 'dr-copy'};
  await tell(rig, 'blockdev-add', {...throttle, file: 'migration-vda-storage'});
  await bound(rig, 32 * mebibyte);
  const {failures} = await rig.migrate({domains: ['aslo-proxy'], sourceDisks: 'delete'});
  t.deepEqual(failures, []);
  t.deepEqual(await rig.places('aslo-proxy'), {newhost: 'running'});
});

test('a bound that comes too late does not hold for the next move', async t => {
  const {rig} = t.context;
  await bound(rig, mebibyte);
  const home = await rig.migrate({from: 'newhost', to: 'sunjammer', domains: ['aslo-proxy'], sourceDisks: 'delete'});
  t.deepEqual(home.failures, []);
  const seen = Promise.withResolvers<string>();
  const {failures} = await rig.migrate({domains: ['aslo-proxy'], half: async () => seen.resolve(await state(rig))});
  t.deepEqual(failures, []);
  t.false(isBounded(await seen.promise, mebibyte), await seen.promise);
});

async function bound(rig: Rig, bytesPerSecond: number): Promise<void> {
  const [guest] = await rig.lab.guests();
  await rig.hosts.get('sunjammer')?.setCopySpeed(guest?.uuid ?? '', bytesPerSecond);
}

function tell(rig: Rig, execute: string, args: object): Promise<string> {
  return monitor(rig, 'sunjammer', 'aslo-proxy', {execute, arguments: args});
}

function state(rig: Rig): Promise<string> {
  return blockState(rig, 'sunjammer', 'aslo-proxy');
}
