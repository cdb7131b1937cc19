import {chmod, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {parseConnectUri} from '../../src/connect-uri.ts';
import {RpcClient} from '../../src/rpc-client.ts';
import {remoteCommand} from '../../src/transports/ssh-command.ts';
import {startLibvirtDaemon} from '../fixtures/libvirt-daemon.ts';

async function program(t: {teardown: (act: () => Promise<void>) => void}, text: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lv-ext-'));
  t.teardown(() => rm(folder, {recursive: true}));
  const file = path.join(folder, 'way');
  await writeFile(file, `#!/bin/sh\n${text}\n`);
  await chmod(file, 0o755);
  return file;
}

test('any program that leads to a daemon will do', async t => {
  const daemon = await startLibvirtDaemon();
  t.teardown(() => daemon.stop());
  const way = await program(t, `exec socat STDIO UNIX-CONNECT:${daemon.socket}`);
  await using client = await RpcClient.connect(`test+ext:///default?command=${way}`);
  t.deepEqual(await client.call('CONNECT_GET_TYPE', {}), {type: 'TEST'});
});

test('what is run through ssh finds the daemon of a session by virt-ssh-helper', async t => {
  const daemon = await startLibvirtDaemon();
  t.teardown(() => daemon.stop());
  const remote = remoteCommand(parseConnectUri('qemu+ssh://alder/session'), {readOnly: false});
  const asItsUser = process.getuid?.() === 0 ? 'setpriv --reuid=65534 --regid=65534 --clear-groups' : '';
  const way = await program(t, `export XDG_RUNTIME_DIR=${daemon.runtime}\nexec ${asItsUser} ${remote}`);
  await using client = await RpcClient.connect(`qemu+ext:///session?command=${way}`);
  t.deepEqual(await client.call('CONNECT_GET_URI', {}), {uri: 'qemu:///session'});
});

test('a program that fails is told with what it said and how it ended', async t => {
  const way = await program(t, 'echo no way >&2; echo at all >&2; exit 3');
  await t.throwsAsync(RpcClient.connect(`test+ext:///default?command=${way}`), {
    code: 'CONNECT_FAILED',
    message: /no way; at all; .* ended with exit code 3$/,
  });
});

test('a program that goes while a call waits takes the call with it', async t => {
  const way = await program(t, 'head -c 28 >/dev/null; kill -9 $$');
  await t.throwsAsync(RpcClient.connect(`test+ext:///default?command=${way}`), {
    code: 'CONNECT_FAILED',
    message: /ended with SIGKILL/,
  });
});

test('what is written after the program has gone is told, too', async t => {
  // Its child writes once it has a new parent, and so the program's end was noticed.
  const lastWords = 'sh -c "while test \\$(ps -o ppid= -p \\$\\$) = $$; do :; done; echo no way >&2" >/dev/null &';
  const way = await program(t, `${lastWords}\nexit 3`);
  await t.throwsAsync(RpcClient.connect(`test+ext:///default?command=${way}`), {
    code: 'CONNECT_FAILED',
    message: /no way; .* ended with exit code 3$/,
  });
});
