import anyTest, {type TestFn} from 'ava';

import {labRig, type Rig} from './fixtures/lab-migration.ts';

const test = anyTest.serial as TestFn<{rig: Rig}>;
const mebibyte = 1024 ** 2;

test.before(async t => {
  t.timeout(240_000);
  t.context.rig = await labRig({vms: 1});
});

test.after.always(async t => t.context.rig?.close());

test('a move that was bounded before it began is throttled from its start, and leaves nothing when it is aborted', async t => {
  const {rig} = t.context;
  await bound(rig, 2 * mebibyte);
  const seen = Promise.withResolvers<string>();
  const {failures} = await rig.migrate({
    domains: ['aslo-proxy'],
    half: async () => {
      seen.resolve(await nodes(rig));
      await rig.shell('sunjammer', 'virsh domjobabort aslo-proxy');
    },
  });
  t.regex(await seen.promise, /dr-copy-vda/u);
  t.regex(failures.join('\n'), /^MOVE_FAILED: aslo-proxy was not moved and runs on sunjammer/u);
  t.notRegex(await nodes(rig), /dr-copy|migration-/u);
  t.deepEqual(await rig.places('aslo-proxy'), {sunjammer: 'running'});
});

test('a move that is bounded to next to nothing ends when it is aborted, and leaves nothing', async t => {
  const {rig} = t.context;
  // Data for more requests than QEMU has under way at once: an abort would wait for each.
  const file = '/var/lib/libvirt/images/data.raw';
  const attach = `head -c 64M /dev/urandom > ${file}; virsh attach-disk aslo-proxy ${file} vdb --subdriver raw`;
  await rig.shell('sunjammer', attach);
  await bound(rig, mebibyte);
  const stop = new AbortController();
  const {outcome} = await rig.migrate({
    domains: ['aslo-proxy'],
    signal: stop.signal,
    fraction: 0.03,
    half: async () => {
      while (!/dr-copy-vd/u.test(await nodes(rig)));
      stop.abort(new Error('stopped by the operator'));
    },
  });
  t.is(outcome?.status, 'stopped');
  t.deepEqual(await rig.places('aslo-proxy'), {sunjammer: 'running'});
  t.notRegex(await nodes(rig), /dr-copy|migration-/u);
  t.regex(await rig.shell('sunjammer', 'virsh domjobinfo aslo-proxy'), /^Job type: +None/u);
  await rig.shell('sunjammer', `virsh detach-disk aslo-proxy vdb; rm ${file}`);
});

test('what a move without witness has left does not stand in the way, and a bounded move arrives', async t => {
  const {rig} = t.context;
  await monitor(rig, 'object-add', {'qom-type': 'throttle-group', id: 'dr-copy', limits: {'iops-total': 1}});
  await monitor(rig, 'blockdev-add', {driver: 'null-co', 'node-name': 'migration-vda-storage'});
  const throttle = {driver: 'throttle', 'node-name': 'dr-copy-vda', 'throttle-group': 'dr-copy'};
  await monitor(rig, 'blockdev-add', {...throttle, file: 'migration-vda-storage'});
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
  const {failures} = await rig.migrate({domains: ['aslo-proxy'], half: async () => seen.resolve(await nodes(rig))});
  t.deepEqual(failures, []);
  t.notRegex(await seen.promise, /dr-copy/u);
});

async function bound(rig: Rig, bytesPerSecond: number): Promise<void> {
  const [guest] = await rig.lab.guests();
  await rig.hosts.get('sunjammer')?.setCopySpeed(guest?.uuid ?? '', bytesPerSecond);
}

function monitor(rig: Rig, execute: string, args: object): Promise<string> {
  const command = JSON.stringify({execute, arguments: args});
  return rig.shell('sunjammer', `virsh qemu-monitor-command aslo-proxy '${command}'`);
}

function nodes(rig: Rig): Promise<string> {
  return monitor(rig, 'query-named-block-nodes', {flat: true});
}
