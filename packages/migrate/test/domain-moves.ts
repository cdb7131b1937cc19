import test from 'ava';
import {readInventory} from '@dr-toolkit/hosts';

import {placesOnTarget} from '../src/domain-move.ts';
import {domainMoves, type MigrationErrorCode, type MigrationRequest, stepWeights} from '../src/index.ts';
import {guestXml, images, TwoHosts} from './fixtures/two-hosts.ts';

const route = {targetUri: 'sim://birch/system'};

async function movesOf(two: TwoHosts, wanted: Partial<MigrationRequest> = {}) {
  return domainMoves(await readInventory(two.hosts.values()), {from: 'alder', to: 'birch', route, ...wanted});
}

const refuses = test.macro({
  async exec(t, wanted: Partial<MigrationRequest>, code: MigrationErrorCode, hint: RegExp) {
    const error = await t.throwsAsync<Error & {hint: string}>(movesOf(new TwoHosts().with('aslo-web1'), wanted), {
      code,
    });
    t.regex(error?.hint ?? '', hint);
  },
  title: (situation, _wanted, code: MigrationErrorCode) => `refuses ${situation} with ${code}`,
});
test('a host that dr.yaml does not name', refuses, {to: 'brich'}, 'UNKNOWN_HOST', /Did you mean birch\?/u);
test('a misspelled domain', refuses, {domains: ['also-web1']}, 'UNKNOWN_DOMAIN', /Did you mean aslo-web1\?/u);
test('a domain like no other', refuses, {domains: ['zzz']}, 'UNKNOWN_DOMAIN', /Known: aslo-web1/u);
test('a move to where it is', refuses, {to: 'alder'}, 'SAME_HOST', /--to/u);

test('what an earlier move has brought to the target is left alone, and told', async t => {
  const two = new TwoHosts().with('web').with('wiki', {number: 2});
  two.birch.add(guestXml('db', {number: 3}));
  const {plan, moves, findings} = await two.plan({domains: ['db', 'web']});
  t.truthy(plan);
  t.deepEqual(
    moves.map(({domain}) => domain),
    ['web'],
  );
  t.like(findings, [{severity: 'notes', code: 'MOVED_ALREADY', host: 'birch', domain: 'db'}]);
  const error = await t.throwsAsync(movesOf(two, {domains: ['db']}), {code: 'NOTHING_TO_MOVE'});
  t.is(error?.message, 'db: on birch already, and not on alder');
});

test('steps are named by words, whatever a domain is called', async t => {
  const two = new TwoHosts().with('--yes').with('my vm', {number: 2});
  const {plan} = await two.plan();
  const ids = plan?.steps.map(({id}) => id.replace(/-0000.*\//u, '-UUID/'));
  t.deepEqual(
    ids?.filter(id => id.endsWith('/move')),
    ['_-yes-UUID/move', 'my_vm-UUID/move'],
  );
});

test('an empty host has nothing to move', async t => {
  await t.throwsAsync(movesOf(new TwoHosts()), {code: 'NOTHING_TO_MOVE'});
});

test('the biggest moves first', async t => {
  const two = new TwoHosts()
    .with('small', {number: 1})
    .with('big', {number: 2})
    .with('off', {number: 3, state: 'shutoff'});
  two.alder.files.write(`${images}/big.qcow2`, {offset: 4096, data: Buffer.alloc(100_000)});
  t.deepEqual(
    (await movesOf(two)).map(({domain, how}) => `${domain} ${how}`),
    ['big live', 'small live', 'off offline'],
  );
});

test('steps stand with the service of their domain, and those that carry bytes tell how many', async t => {
  const two = new TwoHosts().with('web', {number: 1}).with('wiki', {number: 2});
  const {plan} = await two.plan({services: {web: 'shop'}});
  if (!plan) return t.fail();
  const groups = Object.fromEntries(plan.steps.map(({id, group}) => [id, group]));
  t.deepEqual(groups['web/move'], {subject: 'web', service: 'shop'});
  t.deepEqual(groups['wiki/retire'], {subject: 'wiki'});
  const moves = await movesOf(two);
  t.deepEqual(
    Object.fromEntries(stepWeights(plan)),
    Object.fromEntries(moves.map(({domain, weightBytes}) => [`${domain}/move`, weightBytes])),
  );
  return undefined;
});

test('a domain is named by its UUID too, and moves once', async t => {
  const moves = await movesOf(new TwoHosts().with('web'), {domains: ['web', '00000000-0000-0000-0000-000000000001']});
  t.is(moves.length, 1);
});

test('disks follow their pool to where the target has it', async t => {
  const two = new TwoHosts({birch: {pools: [{name: 'fast', path: '/srv/fast'}]}}).with('web');
  t.is(
    (await movesOf(two, {route: {...route, pools: {default: 'fast'}}}))[0]?.disks[0]?.targetPath,
    '/srv/fast/web.qcow2',
  );
  t.is(
    (await movesOf(two))[0]?.disks[0]?.targetPath,
    `${images}/web.qcow2`,
    'without a pool of that name the path stays',
  );
});

test('storage of one origin is shared, and not copied', async t => {
  t.is(await storage('nas:/export'), 'shared');
  t.is(await storage('nas:/other'), 'copy');
});

test('a folder is shared where dr.yaml says so, and its disks are found where the target has it', async t => {
  const birch = {pools: [{name: 'default', path: '/mnt/nas'}]};
  const two = new TwoHosts({birch}).with('web');
  const [move] = await movesOf(two, {route: {...route, sharedPools: ['default']}});
  t.like(move?.disks[0], {storage: 'shared', proof: 'probe', targetPath: '/mnt/nas/web.qcow2'});
  t.deepEqual(move && placesOnTarget(move), {vda: {path: '/mnt/nas/web.qcow2'}});
  t.is((await movesOf(two, {route: {...route, sharedPools: ['other']}}))[0]?.disks[0]?.storage, 'copy');
});

test('interfaces are plugged into what the network is called on the target', async t => {
  const birch = {networks: [{name: 'public', uuid: 'p', active: true, autostart: true}]};
  const interfaces = async (networks: Record<string, string>) =>
    (await movesOf(new TwoHosts({birch}).with('web'), {route: {...route, networks}}))[0]?.interfaces;
  t.deepEqual(await interfaces({lan: 'public'}), {'52:54:00:00:00:01': {type: 'network', source: 'public'}});
  t.deepEqual(await interfaces({other: 'public'}), {});
});

/** How the disk of a domain in a pool from nas:/export moves to a pool from `origin`. */
async function storage(origin: string): Promise<string | undefined> {
  const alder = {pools: [{name: 'default', type: 'netfs', path: images, origin: 'nas:/export'}]};
  const birch = {pools: [{name: 'default', type: 'netfs', path: '/mnt/nas', origin}]};
  const two = new TwoHosts({alder, birch}).with('web');
  return (await movesOf(two))[0]?.disks[0]?.storage;
}

test('a move holds the disks of both hosts, the link between, and a worker on each side', async t => {
  const [move] = await movesOf(new TwoHosts().with('web'));
  t.deepEqual(move?.lanes, [
    'host:alder/disk',
    'host:birch/disk',
    'link:alder-birch',
    'host:alder/migrations-out',
    'host:birch/migrations-in',
  ]);
});

test('a pool with disks of its own has its lane in their place, and one lane may hold all', async t => {
  const two = new TwoHosts({birch: {pools: [{name: 'fast', path: '/srv/fast'}]}}).with('web');
  const lanes = {pools: ['pool:birch/fast', 'pool:alder/other'], together: 'estate'};
  const [move] = await movesOf(two, {route: {...route, pools: {default: 'fast'}}, lanes});
  t.deepEqual(move?.lanes, [
    'host:alder/disk',
    'pool:birch/fast',
    'link:alder-birch',
    'host:alder/migrations-out',
    'host:birch/migrations-in',
    'estate',
  ]);
});

async function bandwidth(more: Partial<MigrationRequest>) {
  return (await movesOf(new TwoHosts().with('web'), more))[0]?.bandwidthMibPerSecond;
}

test('of what bounds its lanes, and of --bandwidth, the least counts', async t => {
  const mebibyte = 1024 ** 2;
  const lanes = {bytesPerSecond: {'host:birch/disk': 40 * mebibyte, 'link:alder-birch': 25 * mebibyte, estate: 1}};
  t.is(await bandwidth({}), undefined);
  t.is(await bandwidth({lanes}), 25, 'not by a lane that it does not hold');
  t.is(await bandwidth({lanes, bandwidthMibPerSecond: 10}), 10);
  t.is(await bandwidth({lanes, bandwidthMibPerSecond: 500}), 25);
});
