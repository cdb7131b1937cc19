import {mkdir, readdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';

import anyTest, {type ExecutionContext, type TestFn} from 'ava';
import {type Host, openHost, writeDiskNote} from '@dr-toolkit/hosts';
import {connect} from '@dr-toolkit/libvirt';

import {domainXml, webUuid} from '../../../hosts/test/fixtures/domain-xml.ts';
import {type LibvirtDaemon, startLibvirtDaemon} from '../../../libvirt/test/fixtures/libvirt-daemon.ts';
import {clean} from '../../src/commands/clean.ts';
import type {Terminal} from '../../src/terminal.ts';
import {drAtTerminal} from '../fixtures/at-terminal.ts';
import {type Dr, drIn} from '../fixtures/run-dr.ts';

const test = anyTest.serial as TestFn;
const past = '2001-01-01T00:00:00.000Z';
const incoming = {kind: 'incoming' as const, uuid: webUuid, domain: 'web', from: 'sunjammer', run: 'theirs'};
const proof = {kind: 'probe' as const, uuid: webUuid, domain: 'web', run: 'theirs', until: past};

let daemons: readonly LibvirtDaemon[] = [];
let [source, target]: Host[] = [];
let images = '';

test.before('two daemons without privileges, as two machines; the second has a pool', async () => {
  const uuids = ['5aa9bd3e-0000-4000-8000-000000000031', '5aa9bd3e-0000-4000-8000-000000000032'];
  daemons = await Promise.all(uuids.map(uuid => startLibvirtDaemon({config: [`host_uuid = "${uuid}"`]})));
  const [first = '', second = ''] = urisOf(daemons);
  source = openHost({name: 'sunjammer', uri: first});
  target = openHost({name: 'newhost', uri: second});
  images = join(daemons[1]?.folder ?? '', 'images');
  await using connection = await connect(second);
  await connection.pools.create(`<pool type='dir'><name>default</name><target><path>${images}</path></target></pool>`, {
    flags: ['with-build'],
  });
});
test.after.always('they end', async () => {
  await Promise.all([source?.close(), target?.close()]);
  await Promise.all(daemons.map(daemon => daemon.stop()));
});

/** `web` runs on the source, and the target has what somebody began to copy for it. */
async function drBeside(t: ExecutionContext, given: {readonly until?: string}): Promise<Dr> {
  const dr = await drIn(t);
  const [first = '', second = ''] = urisOf(daemons);
  await dr.write('dr.yaml', `estate: x\nhosts:\n  sunjammer: {uri: "${first}"}\n  newhost: {uri: "${second}"}\n`);
  if (!source || !target) throw new Error('no daemons');
  const [from, to] = [source, target];
  await from.define(domainXml({type: 'qemu', machine: 'pc'}));
  await from.start(webUuid);
  t.teardown(async () => {
    await from.destroy(webUuid);
    await from.undefine(webUuid);
  });
  await to.deleteVolume(join(images, 'web.qcow2'));
  await to.createVolume({path: join(images, 'web.qcow2'), format: 'qcow2', capacityBytes: 1024 ** 2});
  await writeDiskNote(to, join(images, 'web.qcow2'), {...incoming, ...given});
  return dr;
}

function eventsOf(stdout: string): Array<{type: string; path?: string; keep?: string}> {
  return stdout.split('\n').map(line => JSON.parse(line) as {type: string});
}

test('a copy that another controller began and left long ago is listed, and goes when somebody agrees', async t => {
  const dr = await drBeside(t, {until: past});
  const disk = join(images, 'web.qcow2');
  const listed = await dr.run('clean', 'newhost', '--dry-run');
  t.is(listed.exitCode, 0, listed.stderr);
  t.regex(listed.stdout, /^newhost +\S+\/web\.qcow2 +\d+ KiB +web +copy begun by theirs$/mu);
  t.is((await dr.run('clean')).exitCode, 3, 'nobody said yes');
  t.is((await dr.run('clean', 'sunjammer', '--yes')).stdout, 'Nothing is left behind on sunjammer');
  t.deepEqual((await readdir(images)).toSorted(), ['web.qcow2', 'web.qcow2.dr-incoming']);
  const {exitCode, stdout, stderr} = await dr.run('clean', '--yes', '--json');
  t.is(exitCode, 0, stderr);
  t.like(eventsOf(stdout), [
    {type: 'unfinished-copy', host: 'newhost', path: disk, domain: 'web', from: 'sunjammer', run: 'theirs'},
    {type: 'deleted', host: 'newhost', path: disk},
  ]);
  t.deepEqual(await readdir(images), []);
  t.is((await source?.readDomain(webUuid))?.state, 'running');
  t.is(await source?.readClaim(webUuid), undefined);
});

test('what has changed while somebody was asked is seen, and stays', async t => {
  const dr = await drBeside(t, {until: past});
  const terminal = drAtTerminal(['clean'], {
    cwd: dr.folder,
    columns: 300,
    env: {DR_STATE_DIR: join(dr.folder, 'state'), DR_ESTATE: ''},
  });
  await terminal.until(/Delete 1 disk \(\d+ KiB\) for good\? \[y\/N\] /u);
  if (!target) return t.fail();
  await writeDiskNote(target, join(images, 'web.qcow2'), incoming);
  terminal.type('y\r');
  t.is(await terminal.ended, 1, terminal.shown());
  t.regex(terminal.shown(), /web\.qcow2 on newhost stays after all: run theirs is not known here/u);
  t.deepEqual((await readdir(images)).toSorted(), ['web.qcow2', 'web.qcow2.dr-incoming']);
  return undefined;
});

test('one whose run may be at work elsewhere stays, with the reason', async t => {
  const dr = await drBeside(t, {});
  const {exitCode, stdout, stderr} = await dr.run('clean', '--yes');
  t.is(exitCode, 0, stderr);
  t.regex(stdout, /copy begun by theirs +stays: run theirs is not known here, and may be at work still$/mu);
  t.deepEqual((await readdir(images)).toSorted(), ['web.qcow2', 'web.qcow2.dr-incoming']);
});

test('so does one whose note cannot be read; a proof that nobody needs goes', async t => {
  const dr = await drBeside(t, {until: past});
  await mkdir(images, {recursive: true});
  await writeFile(join(images, 'web.qcow2.dr-incoming'), '{"fo');
  if (!target) return t.fail();
  await writeDiskNote(target, join(images, 'web.qcow2'), {...proof, mark: 'm'});
  const {exitCode, stdout, stderr} = await dr.run('clean', '--yes', '--json');
  t.is(exitCode, 0, stderr);
  const path = join(images, 'web.qcow2');
  const [copy, listed, deleted] = eventsOf(stdout);
  t.like(copy, {type: 'unfinished-copy', path});
  t.regex(copy?.keep ?? '', /its note cannot be read/u);
  t.like(listed, {type: 'left-probe', path: `${path}.dr-probe`, run: 'theirs'});
  t.like(deleted, {type: 'deleted', path: `${path}.dr-probe`});
  t.deepEqual((await readdir(images)).toSorted(), ['web.qcow2', 'web.qcow2.dr-incoming']);
  return undefined;
});

test('Ctrl-C between two deletions ends it there, and does not say that nothing was changed', async t => {
  const dr = await drBeside(t, {until: past});
  if (!target) return t.fail();
  for (const name of ['a.qcow2', 'b.qcow2']) {
    await writeDiskNote(target, join(images, name), {...proof, mark: 'm'});
  }
  const stop = new AbortController();
  const notes: string[] = [];
  const terminal: Terminal = {
    env: {DR_STATE_DIR: join(dr.folder, 'state')},
    cwd: dr.folder,
    interrupts: {stop: stop.signal, abort: new AbortController().signal, onInterrupt: undefined, [Symbol.dispose]() {}},
    json: false,
    canAsk: false,
    isLive: false,
    columns: 100,
    rows: 24,
    unread: new AbortController().signal,
    say() {},
    event() {},
    paint: (_style, text) => text,
    ask: () => Promise.reject(new Error('nobody is asked')),
    note(text) {
      notes.push(text);
      stop.abort(new DOMException('Interrupted', 'AbortError'));
    },
  };
  const error = await t.throwsAsync(clean([], {yes: true}, terminal), {code: 'INTERRUPTED'});
  t.regex(error?.message ?? '', /^Interrupted after 1 of 2/u);
  t.is(notes.length, 1);
  const left = await readdir(images);
  t.deepEqual(
    left.filter(name => name.endsWith('.dr-probe')),
    ['b.qcow2.dr-probe'],
  );
  return undefined;
});

function urisOf(found: readonly LibvirtDaemon[]): string[] {
  return found.map(daemon => daemon.uri('qemu', '/session'));
}
