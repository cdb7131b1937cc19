import test from 'ava';

import {deleteKept, keptDisks, simulatedHost, writeDiskNote} from '../src/index.ts';

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
