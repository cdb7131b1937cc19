import {existsSync} from 'node:fs';
import {chmod, mkdir, mkdtemp, readdir, rm, symlink, watch, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {execa} from 'execa';
import {parseConnectUri} from '../../src/connect-uri.ts';
import {RpcClient} from '../../src/rpc-client.ts';
import {remoteCommand} from '../../src/transports/ssh-command.ts';
import {sshOptions} from '../../src/transports/ssh.ts';
import {startLibvirtDaemon, type LibvirtDaemon} from '../fixtures/libvirt-daemon.ts';
import {startSshServer, type SshServer} from '../fixtures/ssh-server.ts';

let daemon: LibvirtDaemon;
let server: SshServer;
const folders: string[] = [];

test.before('a daemon behind an ssh server', async () => {
  [daemon, server] = await Promise.all([startLibvirtDaemon(), startSshServer()]);
  process.env['XDG_RUNTIME_DIR'] = server.runtime;
});

test.after.always(async () => {
  await server?.stop();
  await daemon?.stop();
  await Promise.all(folders.map(folder => rm(folder, {recursive: true, force: true})));
});

const over = (host: string, more = ''): string =>
  `test+ssh://${server.user}@${host}:${server.port}/default?socket=${daemon.socket}&${server.parameters}${more}`;

for (const host of ['127.0.0.1', '[::1]', 'localhost']) {
  test(`reaches a daemon through ssh to ${host}`, async t => {
    await using client = await RpcClient.connect(over(host));
    const {uri} = await client.call('CONNECT_GET_URI', {});
    t.is(uri, 'test:///default');
  });
}

test('connections to one host share one login', async t => {
  await using first = await RpcClient.connect(over('127.0.0.1'));
  await using second = await RpcClient.connect(over('127.0.0.1'));
  const sockets = await readdir(path.join(server.runtime, 'libvirt-ssh'));
  t.true(sockets.length > 0);
  const names = await Promise.all([first, second].map(client => client.call('CONNECT_GET_TYPE', {})));
  t.deepEqual(names, [{type: 'TEST'}, {type: 'TEST'}]);
});

test('a login that was kept to a host which is gone does not keep a new connection waiting', async t => {
  const silent = await startSshServer();
  t.teardown(silent.stop);
  const uri = `test+ssh://${silent.user}@127.0.0.1:${silent.port}/default?socket=${daemon.socket}&${silent.parameters}`;
  await using before = await RpcClient.connect(uri);
  await silent.freezeSessions();
  // Spelt otherwise, it is not trusted for the ten seconds that an answer counts.
  await using after = await RpcClient.connect(uri.replace('known_hosts_verify=auto', 'known_hosts_verify=ignore'));
  t.deepEqual(await after.call('CONNECT_GET_TYPE', {}), {type: 'TEST'});
  const dead = before.closed.then(() => 'noticed by ssh itself');
  t.is(await Promise.race([dead, Promise.resolve('not noticed yet')]), 'not noticed yet');
});

test('a cancel does not wait for what a kept login answers', async t => {
  const folder = await mkdtemp(path.join(tmpdir(), 'lv-ssh-'));
  folders.push(folder);
  const ssh = path.join(folder, 'ssh');
  const script = [
    `cd ${folder}`,
    `case "$*" in *'-O stop'*) touch stopped; exit ;; *'-- alder true') touch asked ;; esac`,
    'exec sleep 9',
  ];
  await writeFile(ssh, ['#!/bin/sh', ...script, ''].join('\n'), {mode: 0o755});
  const [reason, cancel] = [new Error('enough'), new AbortController()];
  const connecting = RpcClient.connect(`qemu+ssh://alder/system?command=${ssh}`, {signal: cancel.signal});
  for await (const {filename} of watch(folder)) if (filename === 'asked') break;
  cancel.abort(reason);
  t.is(await t.throwsAsync(connecting), reason);
  t.false(existsSync(path.join(folder, 'stopped')));
});

test('what ssh complains about is in the error', async t => {
  await t.throwsAsync(
    RpcClient.connect(`test+ssh://nobody-at-all@127.0.0.1:${server.port}/default?${server.parameters}`),
    {
      code: 'CONNECT_FAILED',
      message: /Permission denied \(publickey/,
    },
  );
});

test('what the remote program complains about is in the error', async t => {
  await t.throwsAsync(RpcClient.connect(over('127.0.0.1').replace(daemon.socket, '/nowhere/libvirt-sock')), {
    code: 'CONNECT_FAILED',
    message: /\/nowhere\/libvirt-sock/,
  });
});

test('an ssh that does not exist is told by its name', async t => {
  await t.throwsAsync(RpcClient.connect(over('127.0.0.1', '&command=no-such-ssh')), {
    code: 'CONNECT_FAILED',
    message: /no-such-ssh/,
  });
});

test('a connect that is cancelled rejects with the reason', async t => {
  const reason = new Error('enough');
  const connecting = RpcClient.connect(over('127.0.0.1'), {signal: AbortSignal.abort(reason)});
  t.is(await t.throwsAsync(connecting), reason);
});

/** Runs a remote command in a shell that knows only the given programs; each of them prints how it was called. */
async function remotely(command: string, programs: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lv-bin-'));
  folders.push(folder);
  await mkdir(path.join(folder, 'bin'));
  for (const [name, text] of Object.entries(programs)) {
    const file = path.join(folder, 'bin', name);
    await writeFile(file, `#!/bin/sh\n${text}\n`);
    await chmod(file, 0o755);
  }
  await symlink('/bin/sh', path.join(folder, 'bin/sh'));
  await symlink('/bin/grep', path.join(folder, 'bin/grep'));
  const {all} = await execa('/bin/sh', ['-c', command], {
    env: {PATH: path.join(folder, 'bin')},
    extendEnv: false,
    all: true,
    reject: false,
  });
  return all;
}

const tells = 'echo "${0##*/}" "$@"';
const everything = {'virt-ssh-helper': tells, nc: tells, socat: tells};

test('virt-ssh-helper is the first choice', async t => {
  const command = remoteCommand(parseConnectUri('qemu+ssh://alder/system'), {readOnly: false});
  t.is(await remotely(command, everything), 'virt-ssh-helper qemu:///system');
});

test('virt-ssh-helper is told of reading only', async t => {
  const command = remoteCommand(parseConnectUri('qemu+ssh://alder/system'), {readOnly: true});
  t.is(await remotely(command, everything), 'virt-ssh-helper -r qemu:///system');
});

test('a socket that is named is reached by nc', async t => {
  const command = remoteCommand(parseConnectUri('qemu+ssh://alder/system?socket=/run/own'), {readOnly: false});
  t.is(await remotely(command, everything), 'nc -U /run/own');
});

test('an nc that can is told to leave at the end', async t => {
  const command = remoteCommand(parseConnectUri('qemu+ssh://alder/system?proxy=netcat&socket=/run/own'), {
    readOnly: false,
  });
  const nc = `case $1 in -h) echo '-q secs' >&2 ;; *) ${tells} ;; esac`;
  t.is(await remotely(command, {nc}), 'nc -q 0 -U /run/own');
});

test('without helper and nc, socat does it', async t => {
  const command = remoteCommand(parseConnectUri('qemu+ssh://alder/system?mode=legacy'), {readOnly: false});
  t.is(await remotely(command, {socat: tells}), 'socat STDIO UNIX-CONNECT:/run/libvirt/libvirt-sock');
});

test('a host without any of them says so', async t => {
  const command = remoteCommand(parseConnectUri('qemu+ssh://alder/system'), {readOnly: false});
  t.is(await remotely(command, {}), 'virt-ssh-helper, nc and socat are all missing');
});

test('the command is one line, as a C shell needs it', t => {
  for (const uri of ['qemu+ssh://alder/system', 'qemu+ssh://alder/session', 'qemu+ssh://alder/system?netcat=/bin/nc']) {
    t.notRegex(remoteCommand(parseConnectUri(uri), {readOnly: false}), /\n/);
  }
});

test('names from outside stay words in the remote shell', async t => {
  const nasty = `/run/'; echo pwned; $(echo pwned) "`;
  const uri = `qemu+ssh://alder/system?socket=${encodeURIComponent(nasty)}`;
  const command = remoteCommand(parseConnectUri(uri), {readOnly: false});
  t.is(await remotely(command, {nc: tells}), `nc -U ${nasty}`);
});

test('ssh is told user, port, key and how strictly to check host keys', t => {
  const target = parseConnectUri('qemu+ssh://ops@alder:2222/system?keyfile=/k&known_hosts=/h&no_verify=1');
  const options = sshOptions(target, '/run/user/1/libvirt-ssh').join(' ');
  t.is(
    options,
    '-T -e none -p 2222 -l ops -i /k -o BatchMode=yes -o ConnectTimeout=10 ' +
      '-o ServerAliveInterval=5 -o ServerAliveCountMax=3 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/h ' +
      '-o ControlMaster=auto -o ControlPath=/run/user/1/libvirt-ssh/%C -o ControlPersist=60',
  );
});
