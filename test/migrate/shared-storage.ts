import anyTest, {type TestFn} from 'ava';
import {keptDisks} from '@dr-toolkit/hosts';
import {askGuest, waitForGuest} from '@dr-toolkit/lab';

import {countedPast} from '../fixtures/counted-past.ts';
import {codes, labRig, type Rig} from './fixtures/lab-migration.ts';
import {sharedFolder} from './fixtures/shared-folder.ts';
import {ranOn} from '../fixtures/ran-on.ts';

const test = anyTest.serial as TestFn<{rig: Rig}>;
const images = '/var/lib/libvirt/images';
const nas = '/run/nas';
const disk = `${nas}/aslo-proxy.qcow2`;
const route = (to: string) => ({targetUri: `qemu+ssh://root@${to}/system`, sharedPools: ['nas']});

test.before(async t => {
  t.timeout(540_000);
  const rig = await labRig({vms: 2});
  t.context.rig = rig;
  await sharedFolder(rig, nas);
  await rig.shell(
    'sunjammer',
    `virsh destroy aslo-proxy && mv ${images}/aslo-proxy.qcow2 ${disk} && virsh pool-refresh nas && virsh dumpxml --inactive aslo-proxy | sed s,${images}/aslo-proxy,${nas}/aslo-proxy, > /run/new.xml && virsh define /run/new.xml && virsh start aslo-proxy`,
  );
  const [proxy] = await rig.lab.guests();
  if (proxy) await waitForGuest(proxy, {withinMs: 120_000});
});

test.after.always(async t => t.context.rig?.close());

/** Which file it is, and that nothing else lies beside it or where a copy would. */
async function filesOf(rig: Rig, host: string): Promise<readonly string[]> {
  return (await rig.shell(host, `stat -c '%n %i' ${nas}/*; ls ${images} | grep aslo-proxy || true`)).trim().split('\n');
}

test('without a word in dr.yaml the file on the target is somebody else’s, and the remedy says what to write', async t => {
  const {rig} = t.context;
  const migration = await rig.migrate({domains: ['aslo-proxy']});
  t.is(migration.plan, undefined);
  t.deepEqual(codes(migration, 'blocks'), ['DISK_EXISTS']);
  t.regex(migration.findings.map(({remedy}) => remedy).join('\n'), /sharedPools: \[nas\]/u);
});

for (const [from, to, through] of [
  ['sunjammer', 'newhost', 'daemons'],
  ['newhost', 'sunjammer', 'client'],
] as const) {
  test(`a running VM moves from ${from} by the ${through}, and its disk stays where it is`, async t => {
    const {rig} = t.context;
    const [guest = t.fail()] = await rig.lab.guests();
    const before = await askGuest(guest.address);
    const files = await filesOf(rig, from);
    t.is(files.length, 1);
    const migration = await rig.migrate({
      from,
      to,
      through,
      route: route(to),
      domains: ['aslo-proxy'],
      sourceDisks: from === 'sunjammer' ? 'delete' : 'keep',
    });
    t.deepEqual(migration.failures, []);
    t.is(migration.outcome?.status, 'done');
    t.true(codes(migration, 'notes').includes('SHARED_STORAGE'));
    const moved = migration.outcome?.steps['aslo-proxy/move']?.result as {copiedBytes: number; mode: string};
    t.is(moved.mode, 'live');
    t.log(`${(moved.copiedBytes / 1024 ** 2).toFixed(1)} MiB carried`);
    t.deepEqual(await rig.places('aslo-proxy'), {[to]: 'running'});
    for (const host of [from, to]) {
      t.deepEqual(await filesOf(rig, host), files, `the same file, alone, as ${host} sees it`);
      const asked = rig.hosts.get(host);
      t.deepEqual(asked && (await keptDisks(asked)), [], 'dr clean finds nothing to delete');
    }
    t.regex(await rig.shell(to, 'virsh domblklist aslo-proxy'), /vda +\/run\/nas\/aslo-proxy.qcow2/u);
    await countedPast(guest.address, before.counter + 5);
    t.true(await ranOn(rig.lab, guest, before.boot_id));
    t.regex(await rig.shell(to, `qemu-img check -U ${disk} 2>&1`), /No errors were found/u);
  });
}

test('a VM that is shut off is defined on the target, its disk is not read, and it finds there what it has written', async t => {
  const {rig} = t.context;
  const [guest = t.fail()] = await rig.lab.guests();
  const told = await askGuest(guest.address);
  await rig.shell('sunjammer', 'virsh destroy aslo-proxy');
  const sum = async (host: string) => (await rig.shell(host, `sha256sum < ${disk}; stat -c '%i %Y' ${disk}`)).trim();
  const before = await sum('sunjammer');
  const migration = await rig.migrate({domains: ['aslo-proxy'], route: route('newhost'), sourceDisks: 'delete'});
  t.deepEqual(migration.failures, []);
  t.deepEqual(await rig.places('aslo-proxy'), {newhost: 'shut off'});
  t.is(await sum('newhost'), before);
  t.deepEqual(await filesOf(rig, 'newhost'), await filesOf(rig, 'sunjammer'));
  t.like(migration.outcome?.steps['aslo-proxy/move']?.result, {mode: 'offline', copiedBytes: 0});
  await rig.shell('newhost', 'virsh start aslo-proxy');
  t.true((await waitForGuest(guest, {withinMs: 120_000})).counter > told.counter);
});

test('what dr.yaml calls shared and is not stays where it is', async t => {
  const {rig} = t.context;
  await rig.shell('newhost', `qemu-img create -q -f qcow2 ${images}/aslo-web1.qcow2 1G`);
  const {failures, outcome} = await rig.migrate({
    domains: ['aslo-web1'],
    route: {...route('newhost'), sharedPools: ['default']},
  });
  t.is(outcome?.status, 'failed');
  t.regex(failures.join('\n'), /^NOT_SHARED: aslo-web1 was not moved: what sunjammer writes beside/u);
  t.deepEqual(await rig.places('aslo-web1'), {sunjammer: 'running'});
  for (const host of ['sunjammer', 'newhost']) {
    t.is((await rig.shell(host, `ls ${images} | grep web1`)).trim(), 'aslo-web1.qcow2');
  }
});
