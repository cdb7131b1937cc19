import {mkdir, chown} from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';

import {startLibvirtDaemon, type LibvirtDaemon} from '../../../libvirt/test/fixtures/libvirt-daemon.ts';
import {type Host, openHost} from '../../src/index.ts';
import {domainXml, webUuid} from '../fixtures/domain-xml.ts';
import {hostContract} from '../fixtures/host-contract.ts';

let daemon: LibvirtDaemon | undefined;
let host: Host;
let folder = '';

test.before(async () => {
  daemon = await startLibvirtDaemon();
  folder = path.join(daemon.folder, 'images');
  await mkdir(folder);
  if (process.getuid?.() === 0) await chown(folder, 65_534, 65_534);
  host = openHost({name: 'alder', uri: daemon.uri('qemu', '/session')});
});

test.after.always(async () => {
  await host?.close();
  await daemon?.stop();
});

hostContract(test.serial, 'libvirt', () => ({
  host,
  folder,
  xml: domainXml({type: 'qemu', machine: 'pc'}),
  uuid: webUuid,
}));

test('a host that does not answer says so, and is tried again at the next call', async t => {
  const dead = openHost({name: 'birch', uri: 'qemu+unix:///system?socket=/nonexistent/socket'});
  await t.throwsAsync(dead.read(), {code: 'HOST_UNREACHABLE', message: /birch/u});
  await t.throwsAsync(dead.readDomain(webUuid), {code: 'HOST_UNREACHABLE'});
  await dead.close();
});

test('a definition that libvirt refuses is an error with its words', async t => {
  const error = await t.throwsAsync(host.define('<domain/>'), {name: 'HostError'});
  t.regex(error?.message ?? '', /alder/u);
});
