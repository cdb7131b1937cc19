import {mkdir, mkdtemp, rm} from 'node:fs/promises';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {parseConnectUri} from '../../src/connect-uri.ts';
import {openTransport} from '../../src/transports/open-transport.ts';
import {socketPaths} from '../../src/transports/unix.ts';

const paths = test.macro({
  exec(t, uri: string, readOnly: boolean, expected: string[]) {
    t.deepEqual(socketPaths(parseConnectUri(uri), '/run/libvirt', readOnly), expected);
  },
  title: what => `looks for ${what}`,
});

test('the daemon of the driver, then libvirtd', paths, 'qemu:///system', false, [
  '/run/libvirt/virtqemud-sock',
  '/run/libvirt/libvirt-sock',
]);
test('the sockets for readers', paths, 'qemu:///system', true, [
  '/run/libvirt/virtqemud-sock-ro',
  '/run/libvirt/libvirt-sock-ro',
]);
test('libvirtd alone for drivers without a daemon of their own', paths, 'test:///default', false, [
  '/run/libvirt/libvirt-sock',
]);
test('libvirtd alone in mode legacy', paths, 'qemu:///system?mode=legacy', false, ['/run/libvirt/libvirt-sock']);
test('the daemon of the driver alone in mode direct', paths, 'qemu:///system?mode=direct', false, [
  '/run/libvirt/virtqemud-sock',
]);

test.serial('a session is found in the runtime folder of its user', async t => {
  const runtime = await mkdtemp(path.join(tmpdir(), 'lv-run-'));
  const socket = path.join(runtime, 'libvirt/libvirt-sock');
  await mkdir(path.dirname(socket));
  const server = createServer().listen(socket);
  t.teardown(async () => {
    server.close();
    await rm(runtime, {recursive: true});
  });
  process.env['XDG_RUNTIME_DIR'] = runtime;
  const transport = await openTransport(parseConnectUri('qemu:///session'), {readOnly: false});
  t.is(transport.address, `unix:${socket}`);
  t.true(transport.confidential);
  transport.destroy();
});

test.serial('a daemon that does not run is told with the socket that was tried', async t => {
  process.env['XDG_RUNTIME_DIR'] = '/nowhere';
  await t.throwsAsync(openTransport(parseConnectUri('qemu:///session'), {readOnly: false}), {
    code: 'CONNECT_FAILED',
    message: /unix:\/nowhere\/libvirt\/libvirt-sock/,
  });
});
