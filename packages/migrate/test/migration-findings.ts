import {setImmediate} from 'node:timers/promises';
import test from 'ava';

import {HostError, type SimulatedHost, writeDiskNote} from '@dr-toolkit/hosts';

import type {FindingCode, MigrationRequest} from '../src/index.ts';
import {before, versionOf} from '../src/version-findings.ts';
import {codes, guestXml, type GuestSpec, images, overlayOf, TwoHosts, uuidOf} from './fixtures/two-hosts.ts';

test('nothing stands in the way of an ordinary move', async t => {
  const planned = await new TwoHosts().with('web').plan();
  t.deepEqual(planned.findings, []);
  t.truthy(planned.plan);
});

test('a command that is told is quoted for the shell', async t => {
  const {findings} = await new TwoHosts().with('$(id)', {snapshots: ['before']}).plan();
  t.regex(findings[0]?.remedy ?? '', /virsh snapshot-delete '\$\(id\)' NAME/u);
});

const encrypted = `<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${images}/secret.raw'><encryption format='luks'><secret type='passphrase' uuid='key-1'/></encryption></source><target dev='vdb'/></disk>`;

/** Writes the beginning of a domain's image. */
function writeHeader(
  {files}: SimulatedHost,
  {of = 'web', snapshots = 0, features = 0n}: {of?: string; snapshots?: number; features?: bigint},
) {
  const header = Buffer.alloc(104);
  header.write('QFI\xfb', 'latin1');
  header.writeUInt32BE(3, 4);
  header.writeUInt32BE(snapshots, 60);
  header.writeBigUInt64BE(features, 72);
  files.write(`${images}/${of}.qcow2`, {offset: 0, data: header});
}

const holdsSnapshots = ({alder}: TwoHosts) => writeHeader(alder, {snapshots: 2});

const blocks = test.macro({
  async exec(
    t,
    code: FindingCode,
    spec: GuestSpec,
    change?: (two: TwoHosts) => unknown,
    wanted?: Partial<MigrationRequest>,
  ) {
    const two = new TwoHosts().with('web', spec);
    await change?.(two);
    const planned = await two.plan(wanted);
    t.true(codes(planned).includes(code), JSON.stringify(planned.findings));
    t.is(planned.plan, undefined);
    t.true(planned.findings.every(({remedy, host}) => remedy !== '' && host !== ''));
  },
  title: (situation, code: FindingCode) => `${situation} blocks as ${code}`,
});

test('a passed-through device', blocks, 'HOST_DEVICE', {
  devices: "<hostdev type='usb'><source><address bus='1' device='2'/></source></hostdev>",
});
test('snapshots', blocks, 'SNAPSHOTS', {snapshots: ['before-upgrade']});
test('a live move of an encrypted disk', blocks, 'DISK_ENCRYPTED', {devices: encrypted});
test('a live move of a read-only disk', blocks, 'DISK_UNSUPPORTED', {
  devices: `<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${images}/seed.raw'/><target dev='vdb'/><readonly/></disk>`,
});
test('data in a file beside the image', blocks, 'DISK_UNSUPPORTED', {}, ({alder}) => {
  writeHeader(alder, {features: 4n});
});
test('deleting snapshots that only the image knows', blocks, 'SNAPSHOTS', {}, holdsSnapshots, {sourceDisks: 'delete'});
test('an unknown machine type', blocks, 'MACHINE_UNKNOWN', {machine: 'pc-q35-99.0'});
test('a missing network', blocks, 'NETWORK_MISSING', {network: 'dmz'});
test('a kernel that the target lacks', blocks, 'HOST_FILE_MISSING', {os: '<kernel>/boot/mine</kernel>'});
test('an ISO that the target lacks', blocks, 'HOST_FILE_MISSING', {
  devices: "<disk type='file' device='cdrom'><source file='/iso/a.iso'/><target dev='sda'/></disk>",
});
test('a running job', blocks, 'JOB_RUNNING', {
  job: {operation: 'backup', elapsedMs: 1, processedBytes: 0, totalBytes: 1, memoryBytes: 0, bytesPerSecond: 0},
});
test('a live move of what is shut off', blocks, 'WRONG_MODE', {state: 'shutoff'}, undefined, {mode: 'live'});
test('what a domain left behind when it was moved away', blocks, 'MOVED_AWAY', {
  state: 'shutoff',
  stateReason: 'migrated',
});
test('an offline move of what runs', blocks, 'WRONG_MODE', {}, undefined, {mode: 'offline'});
test("somebody's file in the place", blocks, 'DISK_EXISTS', {}, ({birch}) => {
  birch.files.create({path: `${images}/web.qcow2`, format: 'raw', capacityBytes: 1});
});
test(
  'a copy that a domain may have worked with',
  blocks,
  'DISK_EXISTS',
  {state: 'shutoff', stateReason: 'migrated'},
  async ({birch}) => {
    const [path, uuid] = [`${images}/web.qcow2`, uuidOf(1)];
    birch.files.create({path, format: 'qcow2', capacityBytes: 1});
    await writeDiskNote(birch, path, {kind: 'incoming', uuid, domain: 'web', from: 'alder', run: 'run-1'});
  },
);
const efi = {os: "<nvram template='/usr/share/VARS.fd'>/nvram/web.fd</nvram>"};
test("somebody's NVRAM in the place", blocks, 'DISK_EXISTS', efi, ({alder, birch}) => {
  for (const host of [alder, birch]) host.files.create({path: '/usr/share/VARS.fd', format: 'raw', capacityBytes: 9});
  birch.files.create({path: '/nvram/web.fd', format: 'raw', capacityBytes: 9});
});
test('the same name', blocks, 'DOMAIN_EXISTS', {}, ({birch}) =>
  birch.add(guestXml('web', {number: 2, disk: '/other.qcow2'})),
);
test('the same UUID', blocks, 'DOMAIN_EXISTS', {}, ({birch}) =>
  birch.add(guestXml('old-web', {disk: '/other.qcow2'}), {state: 'shutoff'}),
);
test('a domain that runs twice', blocks, 'RUNS_TWICE', {}, ({birch}) =>
  birch.add(guestXml('web', {disk: '/other.qcow2'})),
);
test('the same MAC', blocks, 'MAC_EXISTS', {}, ({birch}) => {
  birch.add(guestXml('mail', {number: 1, disk: '/other.qcow2'}).replace(uuidOf(1), uuidOf(9)));
});
test('too little a CPU', blocks, 'CPU_INCOMPATIBLE', {}, ({birch}) => {
  birch.cpu = {verdict: 'incompatible', reason: 'missing avx2'};
});
test('a target that is down', blocks, 'HOST_UNREACHABLE', {}, ({birch}) => {
  birch.reachable = 'no';
});
test('a pool that is mapped and missing', blocks, 'POOL_MISSING', {}, undefined, {
  route: {targetUri: 'x', pools: {default: 'gone'}},
});

test('two disks of one domain that would become one file block as DISK_EXISTS', async t => {
  const pools = [
    {name: 'default', path: images},
    {name: 'data', path: '/srv/data'},
  ];
  const second = `<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/srv/data/web.qcow2'/><target dev='vdb'/></disk>`;
  const two = new TwoHosts({alder: {pools}}).with('web', {devices: second});
  const route = {targetUri: 'x', pools: {data: 'default'}};
  const {findings} = await two.plan({route});
  const said = findings.filter(({severity}) => severity === 'blocks').map(({code, message}) => [code, message]);
  const path = `${images}/web.qcow2`;
  t.deepEqual(said, [
    ['DISK_EXISTS', `${path} is where both vda and vdb go`],
    ['DISK_EXISTS', `${path} is where both vdb and vda go`],
  ]);
});

test('NVRAM in the place may be the same file, and nobody is told to move it away then', async t => {
  const two = new TwoHosts().with('web', {os: '<nvram>/nvram/web.fd</nvram>'});
  two.alder.files.create({path: '/nvram/web.fd', format: 'raw', capacityBytes: 9});
  two.birch.files.share('/nvram', two.alder.files);
  const {findings} = await two.plan();
  t.regex(findings.find(({code}) => code === 'DISK_EXISTS')?.remedy ?? '', /it is that of web itself: leave it/u);
});

test('snapshots inside an image that stays are told of, and an offline move takes them along', async t => {
  const live = new TwoHosts().with('web');
  holdsSnapshots(live);
  const planned = await live.plan();
  t.deepEqual(codes(planned, 'warns'), ['SNAPSHOTS']);
  t.truthy(planned.plan);
  const offline = new TwoHosts().with('web', {state: 'shutoff'});
  holdsSnapshots(offline);
  t.deepEqual((await offline.plan({sourceDisks: 'delete'})).findings, []);
});

test('an image that cannot be read keeps no other domain from being looked at', async t => {
  const two = new TwoHosts().with('web').with('db', {number: 2});
  two.alder.files.delete(`${images}/web.qcow2`);
  writeHeader(two.alder, {of: 'db', snapshots: 1});
  t.deepEqual(codes(await two.plan(), 'warns').toSorted(), ['IMAGE_UNREAD', 'SNAPSHOTS']);
});

test('images of many domains are looked into a few at a time, as each takes a connection', async t => {
  const two = new TwoHosts();
  for (let number = 1; number <= 20; number += 1) two.with(`web${number}`, {number});
  const {alder} = two;
  const read = alder.readVolume.bind(alder);
  let open = 0;
  let most = 0;
  alder.readVolume = async function* (...args) {
    open += 1;
    most = Math.max(most, open);
    await setImmediate();
    yield* read(...args);
    open -= 1;
  };
  await two.plan();
  t.is(most, 4);
});

test('an encrypted disk moves offline, and its secret is asked for', async t => {
  const {findings, plan} = await new TwoHosts().with('web', {state: 'shutoff', devices: encrypted}).plan();
  t.deepEqual(
    findings.map(({code, severity, host}) => [code, severity, host]),
    [['DISK_ENCRYPTED', 'warns', 'birch']],
  );
  t.regex(findings[0]?.message ?? '', /secret key-1,/u);
  t.truthy(plan);
});

const sharedHere = {targetUri: 'x', sharedPools: ['default']};
const other = {name: 'other', path: '/srv/other'};

test('a pool that is called shared and is not there is missing, and nothing is copied instead', async t => {
  const planned = await new TwoHosts({birch: {pools: [other]}}).with('web').plan({route: sharedHere});
  t.deepEqual(codes(planned), ['POOL_MISSING']);
});

test('a shared pool that is not active on the target blocks', async t => {
  const birch = {pools: [{name: 'default', path: images, active: false}]};
  const planned = await new TwoHosts({birch}).with('web').plan({route: sharedHere});
  t.deepEqual(codes(planned), ['POOL_INACTIVE']);
});

test('a file in the place may be the same one, and the remedy says how to tell dr', async t => {
  const two = new TwoHosts().with('web');
  two.birch.files.share(images, two.alder.files);
  const {findings} = await two.plan();
  t.regex(findings.find(({code}) => code === 'DISK_EXISTS')?.remedy ?? '', /sharedPools: \[default\]/u);
});

test('a folder of the target that cannot be looked into keeps no other domain from moving', async t => {
  const pools = [
    {name: 'default', path: images},
    {name: 'off', path: '/off', active: false},
  ];
  const iso = "<disk type='file' device='cdrom'><source file='/off/a.iso'/><target dev='sda'/></disk>";
  const two = new TwoHosts({birch: {pools}, alder: {pools}})
    .with('web', {disk: '/off/web.qcow2', devices: iso, os: '<nvram>/dark/web.fd</nvram>'})
    .with('db', {number: 2});
  const find = two.birch.findVolume.bind(two.birch);
  two.birch.findVolume = async (path, options) => {
    if (path.startsWith('/off/') || path.startsWith('/dark/'))
      throw new HostError('FAILED', 'it is off', {host: 'birch', hint: ''});
    return find(path, options);
  };
  const {plan, findings} = await two.plan({blocked: 'skip'});
  const said = findings.filter(({severity}) => severity === 'blocks').map(({domain, code}) => `${domain} ${code}`);
  t.deepEqual(said.toSorted(), ['web DISK_EXISTS', 'web HOST_FILE_MISSING', 'web POOL_INACTIVE']);
  t.true(plan?.steps.every(({id}) => id.startsWith('db/')));
});

test('two names of one machine are found out', async t => {
  const planned = await new TwoHosts({alder: {uuid: 'same'}, birch: {uuid: 'same'}}).with('web').plan();
  t.deepEqual(codes(planned), ['SAME_MACHINE']);
});

test('hosts without a UUID are not taken for one machine', async t => {
  const planned = await new TwoHosts({alder: {uuid: ''}, birch: {uuid: ''}}).with('web').plan();
  t.deepEqual(codes(planned), []);
});

test('domains that fit alone may not fit together', async t => {
  const two = new TwoHosts({birch: {memory: {totalBytes: 2 ** 31, freeBytes: 700 * 2 ** 20}}})
    .with('web')
    .with('db', {number: 2});
  t.deepEqual(codes(await two.plan()), ['MEMORY_SHORT']);
  t.deepEqual(codes(await two.plan({domains: ['db']})), []);
});

test('a name with spaces or worse can be pasted with the command that a remedy names', async t => {
  const {findings} = await new TwoHosts().with("my 'web'; rm x", {snapshots: ['a']}).plan();
  const {remedy = ''} = findings.find(({code}) => code === 'SNAPSHOTS') ?? {};
  t.true(remedy.includes(String.raw`virsh snapshot-delete 'my '\''web'\''; rm x' NAME`), remedy);
});

test('everything is said at once', async t => {
  const two = new TwoHosts().with('web', {snapshots: ['a'], network: 'dmz'}).with('db', {number: 2, machine: 'odd'});
  t.deepEqual(codes(await two.plan()).toSorted(), ['MACHINE_UNKNOWN', 'NETWORK_MISSING', 'SNAPSHOTS']);
});

test('what is blocked can be left out, and the rest moves', async t => {
  const two = new TwoHosts().with('web', {snapshots: ['a']}).with('db', {number: 2});
  const {plan, moves, skipped} = await two.plan({blocked: 'skip'});
  t.deepEqual([moves.map(({domain}) => domain), skipped.map(({domain}) => domain)], [['db'], ['web']]);
  t.true(plan?.steps.every(({id}) => id.startsWith('db/')));
});

test('a disk that the target kept of this domain is replaced only when asked for', async t => {
  const two = new TwoHosts().with('web');
  const there = await two.plan();
  if (there.plan) await two.perform(there.plan);
  t.deepEqual(two.runsOn(), ['birch']);
  const back = {from: 'birch', to: 'alder'} as const;
  t.deepEqual(codes(await two.plan(back)), ['KEPT_DISK']);
  const replaced = await two.plan({...back, keptDisks: 'replace'});
  t.deepEqual(codes(replaced, 'notes'), ['KEPT_DISK']);
  if (replaced.plan) await two.perform(replaced.plan);
  t.deepEqual(two.runsOn(), ['alder']);
});

test('a kept disk or NVRAM that another domain needs by now is not replaced', async t => {
  const nvram = '/nvram/web.fd';
  for (const spec of [{devices: overlayOf(`${images}/web.qcow2`)}, {os: `<nvram>${nvram}</nvram>`}]) {
    const two = new TwoHosts().with('web', {os: `<nvram>${nvram}</nvram>`});
    two.alder.files.create({path: nvram, format: 'raw', capacityBytes: 9});
    const there = await two.plan();
    if (there.plan) await two.perform(there.plan);
    t.deepEqual(two.runsOn(), ['birch']);
    two.with('clone', {...spec, number: 2, disk: `${images}/clone.qcow2`, state: 'shutoff'});
    const back = await two.plan({from: 'birch', to: 'alder', keptDisks: 'replace'});
    t.deepEqual(codes(back), ['DISK_EXISTS']);
    t.true(back.findings.some(({message}) => message.includes('is in use by clone')));
  }
});

test('versions that break moves are told', async t => {
  t.deepEqual(await warned('9.0.0', '10.0.0'), ['VERSION_BREAKS']);
  t.deepEqual(await warned('10.5.0', '10.5.0'), ['VERSION_BREAKS']);
  t.deepEqual(await warned('10.6.0', '11.2.0'), ['VERSION_BREAKS']);
  t.deepEqual(await warned('9.0.0', '9.0.0'), []);
  t.deepEqual(await warned('10.2.0', '10.10.0'), []);
});

test('a raw disk that loses its holes on the way needs room for all of it', async t => {
  const raw = `<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${images}/data.raw'/><target dev='vdb'/></disk>`;
  const said = async (from: string, to: string, mode: 'live' | 'offline' = 'live') => {
    const pools = [{name: 'default', path: images, availableBytes: 512 * 1024 ** 2}];
    const hosts = {alder: {libvirtVersion: from}, birch: {libvirtVersion: to, pools}};
    const two = new TwoHosts(hosts).with('web', {devices: raw, ...(mode === 'offline' && {state: 'shutoff'})});
    const planned = await two.plan();
    return [...codes(planned), ...codes(planned, 'warns')];
  };
  t.deepEqual(await said('9.0.0', '9.0.0'), ['DISK_FULL_IF_FILLED']);
  t.deepEqual(await said('9.0.0', '10.9.0'), ['DISK_FULL_IF_FILLED']);
  t.deepEqual(await said('10.8.0', '10.9.0'), ['DISK_FULL', 'VERSION_BREAKS']);
  t.deepEqual(await said('10.9.0', '10.8.0'), ['DISK_FULL', 'VERSION_BREAKS']);
  t.deepEqual(await said('10.9.0', '10.9.0'), ['DISK_FULL_IF_FILLED']);
  t.deepEqual(await said('10.8.0', '10.8.0', 'offline'), ['DISK_FULL_IF_FILLED']);
});

test('10.10 is later than 10.9', t => {
  t.true(before(versionOf('10.9.0'), versionOf('10.10.0')));
  t.false(before(versionOf('10.10.0'), versionOf('10.9.3')));
  t.false(before(versionOf('9.0.0'), versionOf('9.0.0')));
});

async function warned(from: string, to: string): Promise<string[]> {
  const two = new TwoHosts({alder: {libvirtVersion: from}, birch: {libvirtVersion: to}}).with('web');
  return codes(await two.plan(), 'warns');
}
