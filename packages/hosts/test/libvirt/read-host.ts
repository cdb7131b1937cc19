import {chown, mkdir} from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {execa} from 'execa';

import {startLibvirtDaemon, type LibvirtDaemon} from '../../../libvirt/test/fixtures/libvirt-daemon.ts';
import {fileUsers, type Host, openHost} from '../../src/index.ts';
import {diskXml, domainXml} from '../fixtures/domain-xml.ts';

let daemon: LibvirtDaemon | undefined;
let host: Host;

test.before(async () => {
  daemon = await startLibvirtDaemon();
  host = openHost({name: 'alder', uri: daemon.uri('qemu', '/session')});
});

test.after.always(async () => {
  await host?.close();
  await daemon?.stop();
});

test.serial(
  'a domain that is off uses what its disk lies on, in folders without a pool and by whatever path',
  async t => {
    const folder = daemon?.folder ?? t.fail();
    const [bases, clones] = [path.join(folder, 'bases'), path.join(folder, 'clones')];
    const image = (name: string, below: string) => ['-b', below, '-F', 'qcow2', '-f', 'qcow2', path.join(clones, name)];
    await Promise.all([bases, clones].map(made => mkdir(made)));
    const images = [
      ['-f', 'qcow2', path.join(bases, 'base.qcow2'), '1M'],
      image('middle.qcow2', '../bases/base.qcow2'),
      image('top.qcow2', 'middle.qcow2'),
    ];
    for (const words of images) await execa('qemu-img', ['create', '-q', ...words]);
    if (process.getuid?.() === 0) await Promise.all([bases, clones].map(made => chown(made, 65_534, 65_534)));
    await host.define(domainXml({type: 'qemu', machine: 'pc', disks: diskXml({path: path.join(clones, 'top.qcow2')})}));
    const reading = await host.read();
    const users = fileUsers(reading);
    for (const file of ['clones/top.qcow2', 'clones/middle.qcow2', 'bases/base.qcow2'])
      t.is(users.get(path.join(folder, file)), 'web', file);
    t.is(reading.domains[0]?.disks[0]?.backingPaths.length, 2);
    t.deepEqual(reading.pools, [], 'what dr puts on a folder to look into it is not told as a pool');
  },
);

test.serial('a disk that is not there has no size', async t => {
  const uuid = '6695eb01-f6a4-8304-79aa-97f2502e1940';
  const disks =
    diskXml({path: '/nonexistent/gone.qcow2'}) + diskXml({path: '/nonexistent/gone.raw', target: 'vdb', format: 'raw'});
  await host.define(domainXml({name: 'bare', uuid, type: 'qemu', machine: 'pc', disks}));
  const bare = (await host.read()).domains.find(({name}) => name === 'bare');
  t.deepEqual(
    bare?.disks.map(({capacityBytes}) => capacityBytes),
    [0, 0],
  );
});
