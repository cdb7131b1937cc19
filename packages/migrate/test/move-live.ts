import test from 'ava';
import type {Found} from '@dr-toolkit/engine';
import {
  type CallOptions,
  type DomainStanding,
  type DomainState,
  downtimeMsDefault,
  HostError,
  type LiveMove,
  type MigrateOptions,
  type SimulatedDomain,
} from '@dr-toolkit/hosts';

import type {DomainMove} from '../src/index.ts';
import {foundLive, moveLive} from '../src/move-live.ts';
import {placeOf} from '../src/whereabouts.ts';
import {guestXml, type GuestSpec, images, TwoHosts, uuidOf} from './fixtures/two-hosts.ts';

const disk = `${images}/web.qcow2`;

type Form = CallOptions & {readonly form?: 'persistent' | 'migratable'};

async function planned(spec: GuestSpec = {}, two = new TwoHosts()) {
  const {moves, findings} = await two.with('web', spec).plan();
  const [move] = moves;
  const web = two.alder.domains.get(uuidOf(1));
  if (!move || !web) throw new Error(JSON.stringify(findings));
  const context = two.contextFor('web/move');
  return {
    two,
    web,
    move,
    perform: async (changes: Partial<DomainMove> = {}) => moveLive.perform({...move, ...changes}, context),
    /** How the call that moves it ends, in place of moving it. */
    ends: (how: (web: SimulatedDomain) => void) => {
      two.alder.migrate = async () => {
        two.alder.acts.push('migrate');
        how(web);
        throw new HostError('FAILED', 'alder: broken', {host: 'alder', hint: 'Mend it'});
      };
    },
  };
}

const migrates = (two: TwoHosts) => two.alder.acts.filter(act => act.startsWith('migrate'));

test('a domain that runs on both hosts is left as it is, and a person is told', async t => {
  const {two, perform, ends} = await planned();
  ends(() => two.birch.add(guestXml('web')));
  const error = {code: 'UNCLEAR', message: /cannot be told for certain \(alder: running .*; birch: running/u};
  await t.throwsAsync(perform(), error);
  t.deepEqual(two.runsOn(), ['alder', 'birch']);
  two.alder.acts.length = 0;
  await t.throwsAsync(perform(), error, 'nor is it moved then');
  t.deepEqual(migrates(two), []);
  t.true(two.birch.files.paths.includes(disk));
});

test('a domain that has left both hosts is for a person, too', async t => {
  const {two, perform, ends} = await planned();
  ends(() => two.alder.domains.clear());
  await t.throwsAsync(perform(), {code: 'UNCLEAR'});
});

test('a source that a failed move leaves paused goes on', async t => {
  const {two, perform, ends} = await planned();
  ends(web => Object.assign(web, {state: 'paused', stateReason: 'migration'}));
  await t.throwsAsync(perform(), {code: 'MOVE_FAILED', message: /runs on alder: alder: broken/u});
  t.deepEqual([two.runsOn(), two.birch.files.paths], [['alder'], []]);
});

test('a domain that somebody paused on its way stays paused', async t => {
  const {web, perform, ends} = await planned();
  ends(() => Object.assign(web, {state: 'paused', stateReason: 'user'}));
  await t.throwsAsync(perform(), {code: 'MOVE_FAILED'});
  t.is(web.state, 'paused');
});

test('a domain that is shut off by now is not moved, and nothing is made for it', async t => {
  const {two, web, perform} = await planned();
  Object.assign(web, {state: 'shutoff', stateReason: 'shutdown'});
  await t.throwsAsync(perform(), {code: 'SOURCE_STATE', message: /does not run on alder any more/u});
  t.deepEqual([migrates(two), two.birch.files.paths], [[], []]);
});

test('what the daemons could not begin is not begun by dr when the domain is elsewhere by then', async t => {
  const {two, perform} = await planned();
  two.alder.migrate = async () => {
    two.alder.acts.push('migrate');
    two.birch.add(guestXml('web'));
    throw new HostError('PEER_UNREACHABLE', 'alder: no way', {host: 'alder', hint: 'Mend it'});
  };
  await t.throwsAsync(perform(), {code: 'UNCLEAR'});
  t.is(migrates(two).length, 1);
});

test('a failure for want of space names the pool, and else gives the hint of its cause', async t => {
  const pools = [{name: 'default', path: images}];
  const full = await planned({}, new TwoHosts({birch: {pools}}));
  full.ends(() => Object.assign(pools[0] ?? {}, {availableBytes: 1}));
  await t.throwsAsync(full.perform(), {message: /pool default is full on birch \(alder: broken\)/u});
  const {perform, ends} = await planned();
  ends(() => {});
  const error = await t.throwsAsync<Error & {hint?: string}>(perform());
  t.is(error?.hint, 'Mend it');
});

test('what is left on a target that falls silent is told with the failure', async t => {
  const {two, perform, ends} = await planned();
  ends(() => (two.birch.reachable = 'no'));
  await t.throwsAsync(perform(), {
    code: 'MOVE_FAILED',
    message: /could not be removed, and is replaced by the next run/u,
  });
});

test('a domain that is lost sight of and arrives starts with its new host, and not with the old one', async t => {
  const {two, web, perform, ends} = await planned({autostart: true});
  ends(() => {
    Object.assign(web, {state: 'shutoff', stateReason: 'migrated'});
    two.birch.add(guestXml('web'));
  });
  t.like(await perform(), {mode: 'live', from: 'alder', to: 'birch'});
  t.deepEqual([web.autostart, two.birch.domains.get(uuidOf(1))?.autostart], [false, true]);
});

test('it is moved as the operator bounds it, and as it is defined for the next start', async t => {
  const {two, perform} = await planned();
  let asked: LiveMove | undefined;
  const migrate = two.alder.migrate.bind(two.alder);
  two.alder.migrate = (uuid, target, move, options) => migrate(uuid, target, (asked = move), options);
  const next = guestXml('web').replace('<vcpu>1<', '<vcpu>2<');
  const forms = {persistent: next, migratable: guestXml('web')};
  two.alder.definition = async (_uuid, {form}: Form) => (form ? forms[form] : '');
  const bounds = {
    bandwidthMibPerSecond: 5,
    downtimeMsMax: 70,
    autoConverge: 'on',
    migrateUri: 'tcp://10.0.0.2',
  } as const;
  await perform(bounds);
  t.like(asked, {...bounds, through: 'daemons', copiedDisks: ['vda']});
  t.regex(asked?.definition ?? '', /<vcpu>1<.*detect_zeroes/u);
  t.regex(asked?.persistentDefinition ?? '', /<vcpu>2</u);
  t.notRegex(asked?.persistentDefinition ?? '', /detect_zeroes/u);
});

test('dr drives the move itself where it is asked to', async t => {
  const {two, perform} = await planned();
  t.like(await perform({through: 'client'}), {through: 'client'});
  t.is(migrates(two).length, 1);
});

test('a domain that has moved starts with its new host, and not with the old one', async t => {
  const {two, web, perform} = await planned({autostart: true});
  await perform();
  t.deepEqual([web.autostart, two.birch.domains.get(uuidOf(1))?.autostart], [false, true]);
});

test('a domain that is shut off on its target is for a person, and nothing is removed there', async t => {
  const {two, perform, ends} = await planned();
  ends(() => {
    two.alder.domains.clear();
    two.birch.add(guestXml('web'), {state: 'shutoff'});
  });
  await t.throwsAsync(perform(), {code: 'UNCLEAR'});
  t.true(two.birch.files.paths.includes(disk));
});

test('a move that is taken up goes as fast as it may, and with the pause that it may make', async t => {
  const {two, web, move} = await planned();
  const asked: unknown[] = [];
  two.alder.setCopySpeed = async (_uuid, ...speed) => asked.push(speed[0]) > 0;
  two.alder.setDowntimeMax = async (_uuid, ms) => asked.push(ms) > 0;
  Object.assign(web, {state: 'shutoff', stateReason: 'migrated'});
  two.birch.add(guestXml('web'));
  const context = two.contextFor('web/move');
  const found = {state: 'underway'} as const;
  t.like(await moveLive.attach?.(move, context, found), {mode: 'live', to: 'birch'});
  await moveLive.attach?.({...move, downtimeMsMax: 70}, context, found);
  t.deepEqual(asked, [undefined, downtimeMsDefault, undefined, 70]);
});

test('its progress counts memory that is to follow the disks, and never more than all of it', async t => {
  const {two, web, move} = await planned();
  const told: unknown[] = [];
  const context = {...two.contextFor('web/move'), progress: (progress: unknown) => told.push(progress)};
  const job = {operation: 'migration-out', elapsedMs: 1, bytesPerSecond: 7};
  two.alder.migrate = async (_uuid, _target, _move, {onProgress}: MigrateOptions) => {
    onProgress?.({...job, processedBytes: 0, totalBytes: 0, memoryBytes: 0});
    onProgress?.({...job, processedBytes: 40, totalBytes: 60, memoryBytes: 0});
    onProgress?.({...job, processedBytes: 90, totalBytes: 80, memoryBytes: 20});
    Object.assign(web, {state: 'shutoff', stateReason: 'migrated'});
    two.birch.add(guestXml('web'));
    return {through: 'daemons', copiedBytes: 90};
  };
  await moveLive.perform({...move, memoryBytes: 40}, context);
  t.deepEqual(told, [
    {text: 'connecting'},
    {fraction: 0.4, bytesDone: 40, bytesTotal: 100, bytesPerSecond: 7},
    {fraction: 1, bytesDone: 90, bytesTotal: 80, bytesPerSecond: 7},
  ]);
});

test('a transient domain is defined on its target as it runs', async t => {
  const {two, web, perform} = await planned();
  web.persistent = false;
  const definition = two.alder.definition.bind(two.alder);
  two.alder.definition = async (uuid, options: Form) => {
    if (options.form === 'persistent') throw new HostError('FAILED', 'it has none', {host: 'alder', hint: ''});
    return definition(uuid, options);
  };
  await perform();
  t.deepEqual(two.knownTo(), ['birch']);
});

function standing(state: DomainState | undefined): DomainStanding | undefined {
  return state && {uuid: uuidOf(1), state, stateReason: 'x', persistent: true, autostart: false};
}

const finds = test.macro({
  async exec(t, state: Found['state'], here?: DomainState, there?: DomainState) {
    const {move} = await planned();
    const [source, target] = [standing(here), standing(there)];
    t.is(foundLive(move, {at: placeOf(source, target), source, target, evidence: {}}).state, state);
  },
  title: situation => `what is found where ${String(situation)}`,
});
test('it runs on its source', finds, 'pending', 'running');
test('it runs on its target', finds, 'done', 'shutoff', 'running');
test('it was shut off on its source', finds, 'pending', 'shutoff');
test('it is shut off on its target and gone from its source', finds, 'unknown', undefined, 'shutoff');
test('it runs on both', finds, 'unknown', 'running', 'running');
test('neither host knows it', finds, 'unknown');
test('it is paused on both', finds, 'unknown', 'paused', 'paused');
