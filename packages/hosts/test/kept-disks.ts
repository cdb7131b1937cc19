import test from 'ava';

import {
  deleteKept,
  keptDisks,
  keptDisksOf,
  readInventory,
  removeDiskNote,
  simulatedHost,
  writeDiskNote,
} from '../src/index.ts';

const images = '/var/lib/libvirt/images';
const disk = `${images}/web.qcow2`;
const nvram = '/var/lib/libvirt/qemu/nvram/web_VARS.fd';

/** A host that `web` has left, with its disk and NVRAM kept. */
async function leftHost() {
  const host = simulatedHost({name: 'alder', pools: [{name: 'default', path: images}]});
  const note = {kind: 'kept' as const, uuid: 'old', domain: 'web', movedTo: 'birch', movedAt: '2026-01-01', run: 'r'};
  for (const path of [disk, nvram]) {
    host.files.create({path, format: 'raw', capacityBytes: 9});
    await writeDiskNote(host, path, path === disk ? {...note, nvram} : note);
  }
  return host;
}

test('NVRAM goes with the kept disk of its domain', async t => {
  const host = await leftHost();
  for (const kept of await keptDisks(host)) await deleteKept(host, kept);
  t.deepEqual(host.files.paths, []);
});

test('NVRAM that a domain made anew under the old name has taken is not deleted with the old disk', async t => {
  const host = await leftHost();
  host.add(`<domain type='kvm'><name>web</name><uuid>new</uuid><os><nvram>${nvram}</nvram></os><devices/></domain>`);
  for (const kept of await keptDisks(host)) await deleteKept(host, kept);
  t.true(host.files.paths.includes(nvram));
  t.false(host.files.paths.includes(disk));
});

test('a kept disk from which its domain runs on another host, by storage that both share, is in use', async t => {
  const alder = await leftHost();
  const cedar = simulatedHost({name: 'cedar', pools: [{name: 'nas', path: '/mnt/nas'}]});
  const [shown, old] = ['/mnt/nas/web.qcow2', 'old'];
  cedar.files.create({path: shown, format: 'raw', capacityBytes: 9});
  cedar.add(
    `<domain type='kvm'><name>web</name><uuid>${old}</uuid><devices><disk type='file'><source file='${shown}'/><target dev='vda'/></disk></devices></domain>`,
  );
  const hosts = new Map([alder, cedar].map(host => [host.name, host]));
  const usedBy = async () => {
    const [kept] = await keptDisksOf(hosts, await readInventory(hosts.values()));
    return kept?.usedBy;
  };
  t.is(await usedBy(), undefined, 'a file of the same name is another one');
  const [kept] = await keptDisks(alder);
  const {movedTo = '', movedAt = '', run = ''} = kept ?? {};
  await writeDiskNote(cedar, shown, {kind: 'kept', uuid: old, domain: 'web', movedTo, movedAt, run});
  t.is(await usedBy(), 'web on cedar');
});

test('a kept disk is not deleted when its note has gone, as where a run puts a new disk in its place', async t => {
  const host = await leftHost();
  const [kept = t.fail()] = await keptDisks(host);
  await removeDiskNote(host, disk, 'kept');
  await t.throwsAsync(deleteKept(host, kept), {code: 'NOT_NOW'});
  t.true(host.files.paths.includes(disk));
});

test('a kept disk that a domain uses again, or on which a file lies, is not deleted', async t => {
  const host = await leftHost();
  host.add(
    `<domain type='kvm'><name>clone</name><uuid>c</uuid><devices><disk type='file' device='disk'><source file='${disk}'/><target dev='vda'/></disk></devices></domain>`,
  );
  const kept = (await keptDisks(host)).find(({path}) => path === disk) ?? t.fail();
  t.is(kept.usedBy, 'clone');
  const before = host.files.paths;
  await deleteKept(host, kept);
  t.deepEqual(host.files.paths, before);
});

test("NVRAM beside which another domain's note lies by now, or none, is not deleted", async t => {
  for (const uuid of ['other', undefined]) {
    const host = await leftHost();
    const kept = (await keptDisks(host)).find(({path}) => path === disk) ?? t.fail();
    host.files.delete(`${nvram}.dr-kept`);
    const note = {kind: 'kept' as const, domain: 'db', movedTo: 'birch', movedAt: '2026-01-01', run: 'r'};
    if (uuid !== undefined) await writeDiskNote(host, nvram, {...note, uuid});
    await deleteKept(host, kept);
    t.true(host.files.paths.includes(nvram));
    t.false(host.files.paths.includes(disk));
  }
});

test('kept disks are told by path with what they take, and what has no note that can be read is none', async t => {
  const host = await leftHost();
  host.files.write(disk, {offset: 0, data: Buffer.from('12345')});
  const other = `${images}/another.qcow2`;
  host.files.create({path: `${other}.dr-kept`, format: 'raw', capacityBytes: 9});
  t.like(await keptDisks(host), {length: 1, 0: {path: disk, allocationBytes: 5, host: 'alder', uuid: 'old', nvram}});
  await writeDiskNote(host, other, {kind: 'kept', uuid: 'u', domain: 'db', movedTo: 'x', movedAt: '', run: 'r'});
  const found = await keptDisks(host);
  t.deepEqual(
    found.map(({path, allocationBytes}) => [path, allocationBytes]),
    [
      [other, 0],
      [disk, 5],
    ],
  );
});

test('a host that was read already is not read again', async t => {
  const host = await leftHost();
  const reading = await host.read();
  host.read = () => Promise.reject(new Error('once is enough'));
  t.is((await keptDisks(host, {reading})).length, 1);
});
