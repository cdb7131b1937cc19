import {readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';

import test from 'ava';

import {type LibvirtDaemon, startLibvirtDaemon} from '../../libvirt/test/fixtures/libvirt-daemon.ts';
import {drIn} from './fixtures/run-dr.ts';

let daemons: readonly LibvirtDaemon[] = [];

test.before('two daemons without privileges, as two machines', async () => {
  const uuids = ['5aa9bd3e-0000-4000-8000-000000000011', '5aa9bd3e-0000-4000-8000-000000000012'];
  daemons = await Promise.all(uuids.map(uuid => startLibvirtDaemon({config: [`host_uuid = "${uuid}"`]})));
});
test.after.always('they end', async () => {
  await Promise.all(daemons.map(daemon => daemon.stop()));
});

function uris(driver = 'test', path = '/default'): string[] {
  return daemons.map(daemon => daemon.uri(driver, path));
}

test('init writes an estate that status reads', async t => {
  const dr = await drIn(t);
  const [uri = ''] = uris();
  const init = await dr.run('init', uri, '--name', 'sugarlabs');
  t.is(init.exitCode, 0, init.stderr);
  t.is(init.stdout, 'Wrote dr.yaml: 1 host with 1 domain');
  const text = await readFile(join(dr.folder, 'dr.yaml'), 'utf8');
  t.regex(text, /^estate: sugarlabs$/mu);
  t.true(text.includes(uri));

  const status = await dr.run('status');
  t.is(status.exitCode, 0, status.stderr);
  t.regex(status.stdout, /^\S+ +up +\d+ /mu);
  t.regex(status.stdout, /^test +\S+ +running /mu);
});

test('init writes nothing that dr would not read', async t => {
  const dr = await drIn(t);
  const [uri = ''] = uris();
  const named = await dr.run('init', uri, '--name', 'bad name');
  t.is(named.exitCode, 2, named.stderr);
  t.regex(named.stderr, /Nothing was written, .*: estate: names are letters.*\n +Give another --name/u);
  const open = await dr.run('init', uri.replace('://', '://joe:s3cret@'));
  t.is(open.exitCode, 2, open.stderr);
  t.regex(open.stderr, /Nothing was written, .*\.uri: a password is written out/u);
  t.notRegex(open.stderr + open.stdout, /s3cret/u);
  t.deepEqual(await readdir(dr.folder), []);
});

test('init shows what it would write, and leaves dr.yaml as it is', async t => {
  const dr = await drIn(t);
  await dr.write('dr.yaml', 'mine');
  const {exitCode, stdout} = await dr.run('init', '--output', '-', ...uris().slice(0, 1));
  t.is(exitCode, 0);
  t.regex(stdout, /^hosts:\n/mu);
  t.is(await readFile(join(dr.folder, 'dr.yaml'), 'utf8'), 'mine');
});

test('init where nothing can be written is a mistake of whoever asks', async t => {
  const dr = await drIn(t);
  const {exitCode, stderr} = await dr.run('init', ...uris().slice(0, 1), '--output', 'nowhere/dr.yaml');
  t.is(exitCode, 2, stderr);
  t.regex(stderr, /nowhere\/dr\.yaml cannot be written: /u);
});

test('a dry run of init shows what would be written where, and refuses what init would', async t => {
  const dr = await drIn(t);
  const [uri = ''] = uris();
  const {exitCode, stdout, stderr} = await dr.run('init', '--dry-run', uri);
  t.is(exitCode, 0, stderr);
  t.regex(stdout, /^hosts:\n/mu);
  t.regex(stderr, /Would write this to dr\.yaml: 1 host with 1 domain/u);
  await t.throwsAsync(readFile(join(dr.folder, 'dr.yaml')), {code: 'ENOENT'});
  await dr.write('dr.yaml', 'mine');
  t.is((await dr.run('init', '--dry-run', uri)).exitCode, 3);
  t.regex((await dr.run('init', '--dry-run', '--force', uri)).stderr, /dr\.yaml, over the one that is there/u);
  const event = await dr.run('init', '--dry-run', '--force', '--json', uri);
  t.like(JSON.parse(event.stdout), {type: 'outlook', command: 'init', file: join(dr.folder, 'dr.yaml')});
  t.is(await readFile(join(dr.folder, 'dr.yaml'), 'utf8'), 'mine');
});

test('init writes nothing when a host does not answer', async t => {
  const dr = await drIn(t);
  const {exitCode, stderr} = await dr.run('init', ...uris().slice(0, 1), 'qemu+unix:///system?socket=/nowhere');
  t.is(exitCode, 1);
  t.regex(stderr, /1 host of 2 could not be read, so nothing was written/u);
  await t.throwsAsync(readFile(join(dr.folder, 'dr.yaml')), {code: 'ENOENT'});
});

test('init refuses one machine as two hosts', async t => {
  const dr = await drIn(t);
  const [uri = ''] = uris('qemu', '/session');
  const {exitCode, stderr} = await dr.run('init', uri, `${uri}&mode=direct`);
  t.is(exitCode, 2, stderr);
  t.regex(stderr, /are the same machine/u);
});

test('status as events has hosts and domains', async t => {
  const dr = await drIn(t);
  await dr.write('dr.yaml', estate());
  const {stdout} = await dr.run('status', '--json');
  const events = stdout.split('\n').map(line => JSON.parse(line) as {type: string; host?: string; name: string});
  t.deepEqual(
    events.map(({type, host, name}) => [type, host ?? name]),
    [
      ['host', 'newhost'],
      ['domain', 'newhost'],
      ['host', 'sunjammer'],
      ['domain', 'sunjammer'],
    ],
  );
});

test('a source without domains leaves nothing to move, which is a mistake of whoever asks', async t => {
  const dr = await drIn(t);
  await dr.write('dr.yaml', estate('qemu', '/session'));
  const {exitCode, stderr} = await dr.run('plan', 'migrate', '--from', 'sunjammer', '--to', 'newhost');
  t.is(exitCode, 2, stderr);
  t.regex(stderr, /sunjammer holds no domains/u);
});

test('an unknown domain is told with the one that was meant', async t => {
  const dr = await drIn(t);
  await dr.write('dr.yaml', estate());
  const {exitCode, stderr} = await dr.run('migrate', '--from', 'sunjammer', '--to', 'newhost', 'tst', '--yes');
  t.is(exitCode, 2);
  t.regex(stderr, /no domain tst/u);
  t.regex(stderr, /Did you mean test\?/u);
});

test('nothing is left behind where nothing has moved', async t => {
  const dr = await drIn(t);
  await dr.write('dr.yaml', estate());
  const {exitCode, stdout, stderr} = await dr.run('clean', 'sunjammer', '--yes');
  t.is(exitCode, 0, stderr);
  t.is(stdout, 'Nothing is left behind on sunjammer');
});

test('a pool in lanes.pools that is not there is told by dr lanes, with the one that was meant', async t => {
  const dr = await drIn(t);
  await dr.write('dr.yaml', withPool('default-pol'));
  const lanes = await dr.run('lanes');
  t.is(lanes.exitCode, 0, lanes.stderr);
  t.regex(
    lanes.stdout,
    /^pool:sunjammer\/default-pol +3 +dr\.yaml +sunjammer has no pool default-pol\. Did you mean default-pool\?$/mu,
  );
  await dr.write('dr.yaml', withPool('default-pool'));
  t.notRegex((await dr.run('lanes')).stdout, /REMARK/u);
});

test('lanes are shown also when a host does not answer that dr.yaml names pools of', async t => {
  const dr = await drIn(t);
  await dr.write(
    'dr.yaml',
    'estate: x\nhosts:\n  a: {uri: "qemu+unix:///system?socket=/nowhere", lanes: {pools: {b: 1}}}\n',
  );
  const {exitCode, stdout, stderr} = await dr.run('lanes');
  t.is(exitCode, 0, stderr);
  t.regex(stdout, /^pool:a\/b +1 +dr\.yaml$/mu);
  t.regex(stderr, /Whether a has the pools that dr\.yaml names cannot be told/u);
});

/** The first host has a lane for that pool. */
function withPool(pool: string): string {
  return estate().replace('}\n  newhost', `, lanes: {pools: {${pool}: 3}}}\n  newhost`);
}

function estate(driver?: string, path?: string): string {
  const [sunjammer = '', newhost = ''] = uris(driver, path);
  return `estate: x\nhosts:\n  sunjammer: {uri: "${sunjammer}"}\n  newhost: {uri: "${newhost}"}\n`;
}
