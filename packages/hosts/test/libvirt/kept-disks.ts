import {chown, mkdir, symlink} from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {connect} from '@dr-toolkit/libvirt';

import {startLibvirtDaemon} from '../../../libvirt/test/fixtures/libvirt-daemon.ts';
import {keptDisksOf, openHost, readInventory, writeDiskNote} from '../../src/index.ts';
import {diskXml, domainXml} from '../fixtures/domain-xml.ts';

test('a kept disk that a domain uses through a link to its folder is in use', async t => {
  const daemon = await startLibvirtDaemon();
  t.teardown(() => daemon.stop());
  const uri = daemon.uri('qemu', '/session');
  const [images, link] = [path.join(daemon.folder, 'images'), path.join(daemon.folder, 'link')];
  await mkdir(images);
  await symlink(images, link);
  if (process.getuid?.() === 0) await chown(images, 65_534, 65_534);
  await using connection = await connect(uri);
  await connection.pools.create(`<pool type='dir'><name>default</name><target><path>${images}</path></target></pool>`);
  await using host = openHost({name: 'alder', uri});
  const kept = {kind: 'kept' as const, uuid: 'old', domain: 'old', movedTo: 'birch', movedAt: '2026-01-01', run: 'r'};
  for (const name of ['free.qcow2', 'used.qcow2']) {
    await host.createVolume({path: path.join(images, name), format: 'qcow2', capacityBytes: 1024 ** 2});
    await writeDiskNote(host, path.join(images, name), kept);
  }
  await host.define(domainXml({type: 'qemu', machine: 'pc', disks: diskXml({path: path.join(link, 'used.qcow2')})}));
  const found = await keptDisksOf(new Map([['alder', host]]), await readInventory([host]));
  t.deepEqual(
    found.map(({path: file, usedBy}) => [path.basename(file), usedBy]),
    [
      ['free.qcow2', undefined],
      ['used.qcow2', 'web'],
    ],
  );
});
