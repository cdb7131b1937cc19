import test from 'ava';
import {type DiskNote, readInventory, writeDiskNote} from '@dr-toolkit/hosts';

import {type Drift, filesInTheWay, migrationDrift, type MigrationRoute} from '../src/index.ts';
import {guestXml, images, TwoHosts, uuidOf} from './fixtures/two-hosts.ts';

const route = {targetUri: 'sim://birch/system'};
const web = `${images}/web.qcow2`;

/** What is said to have drifted when `change` happens between plan and run. */
async function driftAfter(change: (two: TwoHosts) => unknown, {now = route}: {now?: MigrationRoute} = {}) {
  const two = new TwoHosts().with('web').with('db', {number: 2, state: 'shutoff'});
  const {plan, moves} = await two.plan();
  if (!plan) throw new Error('nothing is planned');
  await change(two);
  const asked = two.birch.reachable === 'yes' ? moves : [];
  const files = await Promise.all(asked.map(move => filesInTheWay(two.birch, move, {})));
  const targetFiles = Object.assign({}, ...files) as Awaited<ReturnType<typeof filesInTheWay>>;
  return migrationDrift(plan, {inventory: await readInventory(two.hosts.values()), targetFiles, route: now});
}

const says = test.macro({
  async exec(t, change: (two: TwoHosts) => unknown, drift: readonly Drift[], now?: MigrationRoute) {
    t.deepEqual(await driftAfter(change, now && {now}), drift);
  },
  title: situation => `drift: ${String(situation)}`,
});

test('what has no bearing on the plan is none', async t => {
  const drifts = await driftAfter(async two => {
    two.with('other', {number: 3});
    two.birch.add(guestXml('stranger', {number: 4}));
    await two.alder.setAutostart(uuidOf(1), 'on');
    two.alder.files.write(web, {offset: 5_000_000, data: Buffer.alloc(70_000, 1)});
    await two.alder.writeClaim(uuidOf(1), {run: 'x', controller: 'y', token: 1, until: ''});
  });
  t.deepEqual(drifts, []);
});

test('a domain that is gone', says, (two: TwoHosts) => two.alder.domains.delete(uuidOf(1)), [
  {host: 'alder', domain: 'web', message: 'web was running on alder and is absent there now'},
]);
test('a domain that was shut off', says, (two: TwoHosts) => two.alder.destroy(uuidOf(1)), [
  {host: 'alder', domain: 'web', message: 'web was running on alder and is shut off there now'},
]);
test('a domain that was started', says, (two: TwoHosts) => two.alder.start(uuidOf(2)), [
  {host: 'alder', domain: 'db', message: 'db was shut off on alder and is running there now'},
]);
test(
  'a domain that the target knows now',
  says,
  async (two: TwoHosts) => two.birch.define(await two.alder.definition(uuidOf(2), {})),
  [
    {host: 'birch', domain: 'db', message: 'db was absent on birch and is shut off there now'},
    {host: 'birch', domain: 'db', message: `${images}/db.qcow2 has appeared on birch: a file of somebody else`},
  ],
);
test('another disk', says, (two: TwoHosts) => two.alder.define(guestXml('web', {disk: `${images}/else.qcow2`})), [
  {
    host: 'alder',
    domain: 'web',
    message: `disk vda of web was ${web} (qcow2, 1073741824 bytes) and is ${images}/else.qcow2 (qcow2, 0 bytes) now`,
  },
]);
test('another network', says, (two: TwoHosts) => two.alder.define(guestXml('web', {network: 'dmz'})), [
  {
    host: 'alder',
    domain: 'web',
    message: 'the network of web (52:54:00:00:00:01) was network lan and is network dmz now',
  },
  {host: 'birch', domain: 'web', message: 'Network lan on birch was active and is not any more'},
]);
test(
  'a file where a disk is to go',
  says,
  (two: TwoHosts) => two.birch.files.create({path: web, format: 'raw', capacityBytes: 7}),
  [{host: 'birch', domain: 'web', message: `${web} has appeared on birch: a file of somebody else`}],
);
test('a host that does not answer', says, (two: TwoHosts) => Object.assign(two.birch, {reachable: 'no'}), [
  {host: 'birch', message: 'birch: does not answer'},
]);
test(
  'another way to the target in dr.yaml',
  says,
  () => undefined,
  ['web', 'db'].map(domain => ({
    host: 'birch',
    domain,
    message: 'dr.yaml: birch as its peers reach it was sim://birch/system and is sim://10.0.0.2/system now',
  })),
  {targetUri: 'sim://10.0.0.2/system'},
);
test(
  'another network for it in dr.yaml',
  says,
  () => undefined,
  ['web', 'db'].map(domain => ({
    host: 'birch',
    domain,
    message: `dr.yaml: the network of ${domain} (52:54:00:00:00:0${domain === 'web' ? 1 : 2}) on birch is new: bridge br1`,
  })),
  {...route, networks: {lan: 'br1'}},
);

test(
  'a pool that was stopped',
  says,
  (two: TwoHosts) => Object.assign(two.pool, {active: false}),
  ['web', 'db'].map(domain => ({
    host: 'birch',
    domain,
    message: 'Pool default on birch was active and is not any more',
  })),
);

test('a copy that was begun is none, and a kept disk is', async t => {
  const lies = (note: DiskNote) => async (two: TwoHosts) => {
    two.birch.files.create({path: web, format: 'raw', capacityBytes: 7});
    await writeDiskNote(two.birch, web, note);
  };
  const common = {uuid: uuidOf(1), domain: 'web', run: 'r'};
  t.deepEqual(await driftAfter(lies({kind: 'incoming', from: 'alder', ...common})), []);
  t.deepEqual(await driftAfter(lies({kind: 'kept', movedTo: 'alder', movedAt: '', ...common})), [
    {host: 'birch', domain: 'web', message: `${web} has appeared on birch: a kept disk`},
  ]);
});

test('a host that dr.yaml does not name any more', async t => {
  const two = new TwoHosts().with('web');
  const {plan} = await two.plan();
  const inventory = await readInventory([two.alder]);
  t.deepEqual(plan && migrationDrift(plan, {inventory, targetFiles: {}, route}), [
    {host: 'birch', message: 'birch is not in dr.yaml any more'},
  ]);
});

test('a plan without the premises of one of its domains cannot be told to fit', async t => {
  const two = new TwoHosts().with('web');
  const {plan} = await two.plan();
  if (!plan) return t.fail();
  const premises = {...plan.premises, domains: {}};
  const inventory = await readInventory(two.hosts.values());
  t.deepEqual(migrationDrift({...plan, premises}, {inventory, targetFiles: {}, route}), [
    {host: 'alder', domain: 'web', message: 'The plan does not say what it depends on for web'},
  ]);
  return undefined;
});

test('another machine under the name of a host', async t => {
  const two = new TwoHosts().with('web');
  const {plan} = await two.plan();
  const other = new TwoHosts({birch: {uuid: 'another'}}).with('web');
  const inventory = await readInventory(other.hosts.values());
  t.deepEqual(plan && migrationDrift(plan, {inventory, targetFiles: {}, route}), [
    {host: 'birch', message: 'birch was the machine uuid-of-birch and is another now'},
  ]);
});

test('a plan without premises cannot be told to fit', async t => {
  const two = new TwoHosts().with('web');
  const {plan} = await two.plan();
  if (!plan) return t.fail();
  const {premises: _, ...bare} = plan;
  const inventory = await readInventory(two.hosts.values());
  t.is(migrationDrift(bare, {inventory, targetFiles: {}, route}).length, 1);
  return undefined;
});
