import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import anyTest, {type TestFn} from 'ava';
import {execa} from 'execa';

import {codes, labRig, type Rig} from './fixtures/lab-migration.ts';

const test = anyTest.serial as TestFn<{rig: Rig; shared: string}>;
const images = '/var/lib/libvirt/images';
/** Where the hosts see what they share. */
const nas = '/run/nas';

test.before(async t => {
  t.timeout(540_000);
  // A folder that every host sees, as if a file server had exported it: what the hosts inherit when they are made.
  const shared = await mkdtemp(join(tmpdir(), 'shared-'));
  await execa('mount', ['-t', 'tmpfs', 'nas:/export', shared]);
  t.context.shared = shared;
  t.context.rig = await labRig({vms: 4});
});

test.after.always(async t => {
  await t.context.rig?.close();
  if (t.context.shared === undefined) return;
  await execa('umount', [t.context.shared], {reject: false});
  await rm(t.context.shared, {recursive: true, force: true});
});

async function define(rig: Rig, host: string, what: 'domain' | 'network' | 'pool', xml: string): Promise<void> {
  const command = what === 'domain' ? 'define' : what === 'network' ? 'net-define' : 'pool-define';
  await must(rig, host, `cat > /run/new.xml <<'END'\n${xml}\nEND\nvirsh ${command} /run/new.xml`);
}

async function must(rig: Rig, host: string, command: string): Promise<string> {
  const {exitCode, stdout, stderr} = await rig.lab.exec(host, ['sh', '-c', command]);
  if (exitCode !== 0) throw new Error(`${host}: ${command}: ${stderr}`);
  return stdout.trim();
}

const shutOff = (name: string, {devices = ''}) =>
  `<domain type='qemu'><name>${name}</name><memory unit='MiB'>64</memory><os><type arch='x86_64' machine='pc'>hvm</type></os><features><acpi/></features><devices>${devices}</devices></domain>`;

test('a disk that both hosts share is not copied, and not deleted either', async t => {
  const {rig, shared} = t.context;
  const pool = `<pool type='netfs'><name>nas</name><source><host name='nas'/><dir path='/export'/><format type='nfs'/></source><target><path>${nas}</path></target></pool>`;
  for (const host of ['sunjammer', 'newhost']) {
    await must(rig, host, `mkdir -p ${nas} && mount --bind ${shared} ${nas}`);
    await define(rig, host, 'pool', pool);
    await must(rig, host, 'virsh pool-start nas');
  }
  await must(rig, 'sunjammer', `qemu-img create -q -f qcow2 ${nas}/both.qcow2 1G && virsh pool-refresh nas`);
  const disk = `<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${nas}/both.qcow2'/><target dev='vda'/></disk>`;
  await define(rig, 'sunjammer', 'domain', shutOff('both', {devices: disk}));
  const before = await must(rig, 'sunjammer', `stat -c "%i %Y" ${nas}/both.qcow2`);
  const migration = await rig.migrate({domains: ['both'], sourceDisks: 'delete'});
  t.deepEqual(migration.failures, []);
  t.true(codes(migration, 'notes').includes('SHARED_STORAGE'));
  t.deepEqual(await rig.places('both'), {newhost: 'shut off'});
  t.is(await must(rig, 'newhost', `stat -c "%i %Y" ${nas}/both.qcow2`), before);
});

test('networks and pools that are missing on the target are told before anything starts', async t => {
  const {rig} = t.context;
  const route = {targetUri: 'qemu+ssh://root@newhost/system', networks: {lan: 'nowhere'}, pools: {default: 'vault'}};
  const migration = await rig.migrate({domains: ['aslo-web1'], route});
  t.is(migration.plan, undefined);
  t.deepEqual(codes(migration, 'blocks').toSorted(), ['NETWORK_MISSING', 'POOL_MISSING']);
  t.deepEqual(await rig.places('aslo-web1'), {sunjammer: 'running'});
});

test('networks and pools may have other names on the target', async t => {
  const {rig} = t.context;
  await define(
    rig,
    'newhost',
    'network',
    `<network><name>wide</name><forward mode='bridge'/><bridge name='br0'/></network>`,
  );
  const pool = `<pool type='dir'><name>vault</name><target><path>/var/lib/libvirt/vault</path></target></pool>`;
  await define(rig, 'newhost', 'pool', pool);
  await must(rig, 'newhost', 'virsh net-start wide && virsh pool-build vault && virsh pool-start vault');
  const route = {targetUri: 'qemu+ssh://root@newhost/system', networks: {lan: 'wide'}, pools: {default: 'vault'}};
  const {failures, outcome} = await rig.migrate({domains: ['aslo-web1'], route});
  t.deepEqual(failures, []);
  t.is(outcome?.status, 'done');
  for (const flag of ['', '--inactive']) {
    const xml = await must(rig, 'newhost', `virsh dumpxml aslo-web1 ${flag}`);
    t.regex(xml, /network='wide'/u);
    t.regex(xml, /vault/u);
    t.false(xml.includes(images));
  }
});

test('what libvirt does not move is found before it is tried', async t => {
  const {rig} = t.context;
  await must(rig, 'sunjammer', 'virsh destroy aslo-web2 && virsh snapshot-create-as aslo-web2 yesterday');
  await must(rig, 'sunjammer', 'virsh checkpoint-create-as aslo-proxy monday');
  await must(
    rig,
    'sunjammer',
    `virsh blockcopy aslo-db vda ${images}/copy.qcow2 --transient-job --bandwidth 1 --format qcow2`,
  );
  const device = `<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0' bus='0' slot='3' function='0'/></source></hostdev>`;
  await define(rig, 'sunjammer', 'domain', shutOff('passed', {devices: device}));
  const {findings, plan} = await rig.migrate({});
  t.is(plan, undefined);
  const found = findings.map(({domain = '-', code}) => `${domain} ${code}`);
  t.log(found.join(', '));
  for (const wanted of ['aslo-web2 SNAPSHOTS', 'aslo-proxy CHECKPOINTS', 'aslo-db JOB_RUNNING', 'passed HOST_DEVICE']) {
    t.true(found.includes(wanted), wanted);
  }
});
