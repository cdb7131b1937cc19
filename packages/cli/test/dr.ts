import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {open, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import {fileURLToPath} from 'node:url';

import test from 'ava';

import {drIn} from './fixtures/run-dr.ts';

const bin = fileURLToPath(new URL('../bin/dr.js', import.meta.url));
const twoHosts = `estate: x
hosts:
  sunjammer: {uri: "qemu+unix:///system?socket=/nowhere/a"}
  newhost: {uri: "qemu+unix:///system?socket=/nowhere/b"}
`;

const refuses = test.macro({
  async exec(t, args: readonly string[], exitCode: number, ...said: readonly RegExp[]) {
    const dr = await drIn(t);
    await dr.write('dr.yaml', twoHosts);
    const result = await dr.run(...args);
    t.is(result.exitCode, exitCode, result.stderr);
    for (const words of said) t.regex(result.stderr, words);
    t.notRegex(result.stderr, /\n\s+at /u, 'a stack trace is for DR_DEBUG=1');
    t.is(result.stdout, '');
  },
  title: (situation = '') => situation,
});

test('an unknown command', refuses, ['migrat'], 2, /unknown command 'migrat'/u, /Did you mean migrate/u);
test(
  'an option of a command that a host is to run',
  refuses,
  ['lab', 'exec', 'newhost', 'virsh', 'list', '--all'],
  2,
  /unknown option '--all'/u,
  /comes after --, as in: dr lab exec newhost -- virsh list --all/u,
);
test(
  'a delay longer than a link can have',
  refuses,
  ['lab', 'link', 'newhost', '--delay', '60001'],
  2,
  /whole number from 1 to 60000/u,
);
test(
  'a rate faster than a link can be held to',
  refuses,
  ['lab', 'link', 'newhost', '--rate', '100001'],
  2,
  /whole number from 1 to 100000/u,
);
test(
  'a URI with a transport that is none',
  refuses,
  ['init', '--force', 'qemu+foo://x/system'],
  2,
  /there is no transport foo/u,
);
test('an unknown option', refuses, ['status', '--jsn'], 2, /unknown option '--jsn'/u, /Did you mean --json/u);
test('a missing option', refuses, ['migrate', '--from', 'sunjammer'], 2, /'--to <host>' not specified/u);
test(
  'a mode that is none',
  refuses,
  ['migrate', '--from', 'a', '--to', 'b', '--mode', 'warm'],
  2,
  /Allowed choices are auto, live, offline/u,
);
test(
  'a number that is none',
  refuses,
  ['migrate', '--from', 'a', '--to', 'b', '--parallel', '0'],
  2,
  /whole number from 1 to 1000/u,
);
test(
  'an unknown host',
  refuses,
  ['migrate', '--from', 'sunjamer', '--to', 'newhost'],
  2,
  /no host sunjamer in dr\.yaml/u,
  /Did you mean sunjammer\?/u,
);
test('an unknown host of status', refuses, ['status', 'newhst'], 2, /Did you mean newhost\?/u);
test(
  'one host as source and target',
  refuses,
  ['plan', 'migrate', '--from', 'newhost', '--to', 'newhost'],
  2,
  /both source and target/u,
);
test(
  'an estate that is not there',
  refuses,
  ['status', '--estate', 'other.yaml'],
  2,
  /There is no other\.yaml/u,
  /dr init/u,
);
test('a run that never was', refuses, ['show', 'last'], 2, /Nothing has run yet/u);
test(
  'a URI that is none',
  refuses,
  ['init', '--force', 'sunjammer'],
  2,
  /Did you mean qemu\+ssh:\/\/root@sunjammer\/system\?/u,
);
test('to overwrite dr.yaml', refuses, ['init', 'qemu:///system'], 3, /dr\.yaml exists already/u, /--force/u);
test(
  'to move between hosts that do not answer',
  refuses,
  ['migrate', '--from', 'sunjammer', '--to', 'newhost', '--yes'],
  3,
  /2 findings in the way/u,
  /HOST_UNREACHABLE/u,
);
test('to take down a lab that nobody confirmed', refuses, ['lab', 'down'], 3, /no terminal to ask at/u, /--yes/u);

test('mistakes in dr.yaml are told at their places, all of them', async t => {
  const dr = await drIn(t);
  await dr.write('dr.yaml', 'estate: x\nhosts:\n  a: {urii: "qemu:///system"}\nlanse: {}\n');
  const {exitCode, stderr} = await dr.run('status');
  t.is(exitCode, 2);
  t.true(
    stderr.includes(
      'dr.yaml:3:7 hosts.a.urii: unknown key "urii"\n  3 |   a: {urii: "qemu:///system"}\n    |       ^^^^\n  Did you mean uri?',
    ),
    stderr,
  );
  t.true(stderr.includes('dr.yaml:4:1 lanse: unknown key "lanse"'), stderr);
});

test('a rate that no link has is refused before libvirt trips over it', async t => {
  const dr = await drIn(t);
  const {exitCode, stderr} = await dr.run('migrate', '--from', 'a', '--to', 'b', '--bandwidth', '9007199254740991');
  t.is(exitCode, 2);
  t.regex(stderr, /Give a whole number from 1 to 1000000/u);
});

test('status tells of hosts that do not answer, and ends with 1', async t => {
  const dr = await drIn(t);
  await dr.write('dr.yaml', twoHosts);
  const {exitCode, stdout, stderr} = await dr.run('status');
  t.is(exitCode, 1);
  t.regex(stdout, /^sunjammer +HOST_UNREACHABLE/mu);
  t.regex(stderr, /\/nowhere\/a/u);
});

test('with --json every line of stdout is an event, also of what went wrong', async t => {
  const dr = await drIn(t);
  await dr.write('dr.yaml', twoHosts);
  const status = await dr.run('status', '--json');
  t.deepEqual(
    status.stdout.split('\n').map(line => (JSON.parse(line) as {type: string}).type),
    ['unreachable', 'unreachable'],
  );
  const unknown = await dr.run('migrate', '--from', 'x', '--to', 'newhost', '--json');
  t.like(JSON.parse(unknown.stdout), {type: 'error', code: 'UNKNOWN_HOST'});
  const usage = await dr.run('statsu', '--json');
  t.like(JSON.parse(usage.stdout), {type: 'error', code: 'USAGE'});
  t.like(JSON.parse((await dr.run('lab', '--json')).stdout), {code: 'USAGE', message: 'No command was given'});
});

test('DR_DEBUG=1 shows where an error comes from', async t => {
  const dr = await drIn(t, {DR_DEBUG: '1'});
  const {stderr} = await dr.run('status');
  t.regex(stderr, /\n\s+at /u);
});

test('nothing has run where nothing has run', async t => {
  const dr = await drIn(t);
  t.is((await dr.run('runs')).stdout, 'Nothing has run yet');
});

test('help that is asked for is no mistake, whichever way it is asked for', async t => {
  const dr = await drIn(t);
  for (const words of [['help'], ['help', 'migrate'], ['lab', 'help', 'up'], ['migrate', '--help'], ['--version']]) {
    const {exitCode, stdout, stderr} = await dr.run(...words);
    t.deepEqual([exitCode, stderr], [0, ''], words.join(' '));
    t.not(stdout, '');
  }
  for (const words of [[], ['lab'], ['help', 'migrat']]) t.is((await dr.run(...words)).exitCode, 2, words.join(' '));
});

test('help shows that very command, however deep it lies', async t => {
  const dr = await drIn(t);
  for (const command of ['plan migrate', 'lab power-off', 'lab', 'help']) {
    const {exitCode, stdout} = await dr.run('help', ...command.split(' '));
    t.is(exitCode, 0);
    t.true(stdout.startsWith(`Usage: dr ${command} [options]`), stdout);
  }
});
test(
  'help for a command that is none',
  refuses,
  ['help', 'migrat'],
  2,
  /no command migrat/u,
  /Did you mean migrate\?/u,
);
test('help for what no command holds', refuses, ['help', 'plan', 'up'], 2, /no command plan up/u, /Known: migrate/u);

test('every command has help with an example, and --dry-run where it changes something', async t => {
  const dr = await drIn(t);
  const top = await dr.run('--help');
  t.is(top.exitCode, 0);
  const changing = ['init', 'migrate', 'run', 'clean', 'resume', 'abort', 'answer', 'retry', 'lanes'];
  const commands = ['status', 'plan', 'claims', 'runs', 'show', 'lab', ...changing];
  for (const command of commands) t.regex(top.stdout, new RegExp(`^  ${command} `, 'mu'));
  const changingLab = ['up', 'down', 'cut', 'heal', 'link', 'power-off', 'power-on'].map(word => `lab ${word}`);
  const inner = ['plan migrate', 'lab status', 'lab exec', ...changingLab];
  const helps = await Promise.all(
    [...commands, ...inner].map(async command =>
      Object.assign({command}, await dr.run(...command.split(' '), '--help')),
    ),
  );
  for (const {command, stdout, exitCode} of helps) {
    t.is(exitCode, 0);
    t.regex(stdout, /\nExamples:\n {2}\$ dr /u, command);
    t.is(/^ {2}-n, --dry-run /mu.test(stdout), changing.includes(command) || changingLab.includes(command), command);
  }
});

test('hosts that do not answer are events, too, wherever they are asked', async t => {
  const dr = await drIn(t);
  await dr.write('dr.yaml', twoHosts.replace('a"}', 'a", lanes: {pools: {nvme: 2}}}'));
  for (const [command, exitCode] of [
    [['status'], 1],
    [['claims'], 1],
    [['clean'], 1],
    [['lanes'], 0],
    [['init', 'qemu+unix:///system?socket=/nowhere/a', '--output', 'other.yaml'], 1],
  ] as const) {
    const result = await dr.run(...command, '--json');
    t.is(result.exitCode, exitCode, result.stderr);
    const events = result.stdout.split('\n').map(line => JSON.parse(line) as {type: string; code?: string});
    t.like(
      events.find(({type}) => type === 'unreachable'),
      {code: 'HOST_UNREACHABLE'},
      command[0],
    );
  }
});

test('results that could not be written are not done with', async t => {
  const dr = await drIn(t);
  const full = await open('/dev/full', 'w');
  t.teardown(() => full.close());
  const child = spawn(process.execPath, [bin, 'runs'], {
    cwd: dr.folder,
    env: {...process.env, DR_STATE_DIR: join(dr.folder, 'state')},
    stdio: ['ignore', full.fd, 'pipe'],
  });
  const {stderr: told} = child;
  if (!told) return t.fail();
  const [stderr, [code]] = await Promise.all([text(told), once(child, 'close')]);
  t.is(code, 1, stderr);
  t.regex(stderr, /stdout could not be written: .*ENOSPC/u);
  return undefined;
});

test('a reader that goes away is no error', async t => {
  const dr = await drIn(t);
  const child = spawn(process.execPath, [bin, '--help'], {
    cwd: dr.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  t.is(code, 0);
  t.is(stderr, '');
});

test('dr starts where it can keep nothing for the next time, and keeps what it can where only its user writes', async t => {
  const nowhere = await drIn(t, {XDG_CACHE_HOME: '/proc/nowhere'});
  t.regex((await nowhere.run('--version')).stdout, /^\d+\.\d+\.\d+$/u);
  const cache = await drIn(t);
  const dr = await drIn(t, {XDG_CACHE_HOME: cache.folder});
  t.is((await dr.run('--version')).exitCode, 0);
  const folder = await stat(join(cache.folder, 'dr/modules'));
  t.is(folder.mode & 0o777, 0o700);
});
