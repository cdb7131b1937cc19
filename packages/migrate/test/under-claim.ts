import {mock} from 'node:test';
import test from 'ava';
import {defineStep} from '@dr-toolkit/engine';
import type {Claim} from '@dr-toolkit/hosts';

import {type DomainMove, migrationKinds, releaseClaims} from '../src/index.ts';
import {underClaim} from '../src/under-claim.ts';
import type {MigrationContext} from '../src/whereabouts.ts';
import {codes, type GuestSpec, images, TwoHosts, uuidOf} from './fixtures/two-hosts.ts';

const soon = '2999-01-01T00:00:00.000Z';
const past = '2001-01-01T00:00:00.000Z';
const foreign: Claim = {run: 'theirs', controller: 'mallow:1#1', token: 99, until: soon};

async function planOf(two: TwoHosts, wanted = {}) {
  const planned = await two.plan(wanted);
  if (!planned.plan) throw new Error(JSON.stringify(planned.findings));
  return {...planned, plan: planned.plan};
}

test('a claim lies on both sides while a domain moves, and nothing of it stays', async t => {
  const two = new TwoHosts().with('web');
  const seen: Array<Claim | undefined> = [];
  two.alder.mishap = {
    kind: 'event',
    act: () => void Promise.all([two.alder, two.birch].map(async host => seen.push(await host.readClaim(uuidOf(1))))),
  };
  const {plan} = await planOf(two);
  await two.perform(plan, {token: 5});
  t.deepEqual(
    seen.map(claim => [claim?.run, claim?.controller, claim?.token]),
    [
      ['run-1', 'test', 5],
      ['run-1', 'test', 5],
    ],
  );
  t.true(Date.parse(seen[0]?.until ?? '') > Date.now());
  t.deepEqual(two.knownTo(), ['birch']);
  t.notRegex(two.birch.domains.get(uuidOf(1))?.xml ?? '', /dr-toolkit/u);
});

test('a claim outlasts a move that takes long, as nobody can renew it meanwhile', async t => {
  const two = new TwoHosts().with('web');
  let claim: Claim | undefined;
  two.alder.mishap = {kind: 'event', act: () => void two.alder.readClaim(uuidOf(1)).then(read => (claim = read))};
  const {plan} = await planOf(two);
  const weightBytes = 1024 ** 4;
  const steps = plan.steps.map(step => ({...step, args: {...step.args, weightBytes, bandwidthMibPerSecond: 4}}));
  const beganMs = Date.now();
  await two.perform({...plan, steps});
  const hours = (Date.parse(claim?.until ?? '') - beganMs) / 3_600_000;
  t.true(hours > 72 && hours < 75, `${hours} h for 1 TiB at 4 MiB/s`);
});

test('nor of a domain that is copied while it is off', async t => {
  const two = new TwoHosts().with('web', {state: 'shutoff'});
  await two.perform((await planOf(two)).plan);
  t.deepEqual(two.knownTo(), ['birch']);
  t.notRegex(two.birch.domains.get(uuidOf(1))?.xml ?? '', /dr-toolkit/u);
});

test("somebody else's claim stands in the way, and says who holds the domain", async t => {
  const two = new TwoHosts().with('web');
  await two.alder.writeClaim(uuidOf(1), foreign);
  const planned = await two.plan();
  t.deepEqual(codes(planned), ['CLAIMED']);
  t.regex(planned.findings[0]?.message ?? '', /web is held by run theirs of mallow:1#1, until 2999-01-01/u);
});

test('a claim that comes between plan and act stops every kind of step before it acts', async t => {
  for (const kind of migrationKinds.map(({kind: name}) => name)) {
    const two = new TwoHosts().with('web', kind === 'copy-offline' ? {state: 'shutoff'} : {});
    const {plan} = await planOf(two);
    const index = plan.steps.findIndex(step => step.kind === kind);
    if (index === -1) continue;
    await two.perform({...plan, steps: plan.steps.slice(0, index)});
    const host = two.birch.domains.has(uuidOf(1)) ? two.birch : two.alder;
    await host.writeClaim(uuidOf(1), foreign);
    const before = [...two.alder.acts, ...two.birch.acts];
    await t.throwsAsync(two.perform({...plan, steps: plan.steps.slice(index, index + 1)}), {code: 'CLAIMED'}, kind);
    t.deepEqual([...two.alder.acts, ...two.birch.acts], before, kind);
    t.deepEqual(await host.readClaim(uuidOf(1)), foreign, kind);
  }
});

test('a late command of an earlier attempt is refused', async t => {
  const two = new TwoHosts().with('web');
  const {plan} = await planOf(two);
  await two.alder.writeClaim(uuidOf(1), {...foreign, run: 'run-1', token: 8});
  await t.throwsAsync(two.perform(plan, {token: 7}), {code: 'CLAIMED', message: /later attempt/u});
  t.is((await two.alder.readClaim(uuidOf(1)))?.token, 8, 'and the later claim stays');
  await two.perform(plan, {token: 9});
  t.deepEqual(two.knownTo(), ['birch']);
});

test('the claim of a run that has ended on this machine is taken over', async t => {
  const two = new TwoHosts().with('web');
  await two.alder.writeClaim(uuidOf(1), foreign);
  two.standingOf = async run => (run === 'theirs' ? 'ended' : 'unknown');
  const {plan, findings} = await planOf(two);
  t.deepEqual(
    findings.map(({code}) => code),
    ['CLAIM_TAKEN_OVER'],
  );
  await two.perform(plan);
  t.deepEqual(two.knownTo(), ['birch']);
});

test('of a run that goes on here it is not, however old it is', async t => {
  const two = new TwoHosts().with('web');
  await two.alder.writeClaim(uuidOf(1), {...foreign, until: past});
  two.standingOf = () => Promise.resolve('alive');
  t.deepEqual(codes(await two.plan()), ['CLAIMED']);
});

test('an expired claim of another controller is broken by name only, and only that one', async t => {
  const two = new TwoHosts().with('web');
  await two.alder.writeClaim(uuidOf(1), {...foreign, until: past});
  t.deepEqual(codes(await two.plan()), ['CLAIM_EXPIRED']);
  t.deepEqual(codes(await two.plan({breakClaims: ['db']})), ['CLAIM_EXPIRED']);
  const {plan, findings} = await planOf(two, {breakClaims: ['web']});
  t.deepEqual(
    findings.map(({code, severity}) => [code, severity]),
    [['CLAIM_BROKEN', 'warns']],
  );
  await two.alder.writeClaim(uuidOf(1), {...foreign, token: 100});
  await t.throwsAsync(two.perform(plan), {code: 'CLAIMED'});
  await two.alder.writeClaim(uuidOf(1), {...foreign, until: past});
  await two.perform(plan);
  t.deepEqual(two.knownTo(), ['birch']);
});

test('a claim that cannot be read is one without an end', async t => {
  const two = new TwoHosts().with('web');
  await two.alder.writeClaim(uuidOf(1), {...foreign, until: 'tomorrow'});
  t.deepEqual(codes(await two.plan()), ['CLAIMED']);
});

test('a failure that leaves the domain on its source gives the claim up', async t => {
  const two = new TwoHosts().with('web');
  two.alder.mishap = {kind: 'fails', code: 'DISK_FULL', message: 'No space left on device'};
  await t.throwsAsync(two.perform((await planOf(two)).plan), {code: 'MOVE_FAILED'});
  t.is(await two.alder.readClaim(uuidOf(1)), undefined);
});

test('where a domain is not in one place for certain, the claim stays', async t => {
  const two = new TwoHosts().with('web');
  const {plan, moves} = await planOf(two);
  await two.perform({...plan, steps: plan.steps.slice(0, 1)});
  const here = two.alder.domains.get(uuidOf(1));
  if (here) two.birch.domains.set(uuidOf(1), {...here});
  t.deepEqual(await releaseClaims(moves, two.hosts, 'run-1'), ['web']);
  t.is((await two.alder.readClaim(uuidOf(1)))?.run, 'run-1');
  t.deepEqual(await releaseClaims(moves, two.hosts, 'run-2'), [], "another run's claim is not told as its own");
  two.birch.domains.delete(uuidOf(1));
  t.deepEqual(await releaseClaims(moves, two.hosts, 'run-2'), []);
  t.is((await two.alder.readClaim(uuidOf(1)))?.run, 'run-1', "another run's is not touched");
  t.deepEqual(await releaseClaims(moves, two.hosts, 'run-1'), []);
  t.is(await two.alder.readClaim(uuidOf(1)), undefined);
});

test('who gives a run up leaves the claim of a controller that has taken it up since', async t => {
  const two = new TwoHosts().with('web');
  const {moves} = await planOf(two);
  await two.alder.writeClaim(uuidOf(1), {run: 'run-1', controller: 'mallow:2#2', token: 7, until: soon});
  t.deepEqual(await releaseClaims(moves, two.hosts, 'run-1', {token: 6}), []);
  t.is((await two.alder.readClaim(uuidOf(1)))?.token, 7);
  await releaseClaims(moves, two.hosts, 'run-1', {token: 7});
  t.is(await two.alder.readClaim(uuidOf(1)), undefined);
});

test('what was prepared can be undone, and the claim goes with it', async t => {
  const two = new TwoHosts().with('web');
  const {plan, moves} = await planOf(two);
  const [prepare] = plan.steps;
  const kind = migrationKinds.find(found => found.kind === 'prepare-disks');
  const [move] = moves;
  if (!prepare || !kind || !move) return t.fail();
  await two.perform({...plan, steps: [prepare]});
  t.deepEqual(two.birch.files.paths, [`${images}/web.qcow2`, `${images}/web.qcow2.dr-incoming`]);
  const context = two.contextFor('undo:web/prepare', {run: 'undo-1'});
  two.standingOf = () => Promise.resolve('ended');
  t.deepEqual(await kind.inspectUndo?.(move, context), {state: 'pending'});
  await kind.undo?.(move, context);
  t.deepEqual(await kind.inspectUndo?.(move, context), {state: 'done'});
  t.deepEqual(two.birch.files.paths, []);
  t.is(await two.alder.readClaim(uuidOf(1)), undefined);
  return undefined;
});

/** A kind of step that acts as it is told, under its run's claim. */
async function acting(act: (two: TwoHosts) => unknown, spec: GuestSpec = {}) {
  const two = new TwoHosts().with('web', spec);
  const [move] = (await planOf(two)).moves;
  if (!move) throw new Error('nothing to move');
  const logged: string[] = [];
  const context = {...two.contextFor('web/act'), log: (line: string) => void logged.push(line)};
  const kind = underClaim(
    defineStep<DomainMove, MigrationContext>('act', {
      inspect: () => Promise.resolve({state: 'pending'}),
      perform: async () => act(two),
    }),
  );
  return {two, logged, perform: async () => kind.perform(move, context)};
}

test.serial('a claim is renewed while its step acts, and no longer', async t => {
  mock.timers.enable({apis: ['setInterval']});
  t.teardown(() => mock.timers.reset());
  let laid = 0;
  const renewed = Promise.withResolvers<void>();
  const {two, perform} = await acting(async () => {
    mock.timers.tick(20 * 60_000);
    await renewed.promise;
  });
  const write = two.alder.writeClaim.bind(two.alder);
  two.alder.writeClaim = async (...args) => {
    await write(...args);
    laid += 1;
    if (laid === 2) renewed.resolve();
  };
  await perform();
  mock.timers.tick(3_600_000);
  await new Promise(setImmediate);
  t.is(laid, 2);
});

test.serial('a claim that cannot be renewed is told, and its step goes on', async t => {
  mock.timers.enable({apis: ['setInterval']});
  t.teardown(() => mock.timers.reset());
  const {logged, perform} = await acting(async two => {
    two.alder.reachable = 'no';
    mock.timers.tick(20 * 60_000);
    await new Promise(setImmediate);
    return 'done';
  });
  t.is(await perform(), 'done');
  t.is(logged.length, 1);
  t.regex(logged[0] ?? '', /The claim on web could not be renewed: .*does not answer/u);
});

test('a claim that cannot be taken back is told, and the step fails for its own reason', async t => {
  const {logged, perform} = await acting(two => {
    two.alder.reachable = 'no';
    throw new Error('its own');
  });
  await t.throwsAsync(perform(), {message: 'its own'});
  t.regex(logged.join(), /The claim on web could not be taken back, and expires/u);
});

const leaves = test.macro({
  async exec(t, happen: (two: TwoHosts) => unknown, claims: readonly boolean[], spec: GuestSpec = {}) {
    const {two, perform} = await acting(async hosts => {
      await happen(hosts);
      throw new Error('no');
    }, spec);
    await t.throwsAsync(perform(), {message: 'no'});
    two.birch.reachable = 'yes';
    const found = await Promise.all([two.alder, two.birch].map(async host => await host.readClaim(uuidOf(1))));
    t.deepEqual(
      found.map(claim => claim?.run === 'run-1'),
      claims,
    );
  },
  title: situation => `after a failure that leaves the domain ${String(situation)}`,
});
/** As a live move carries the claim along. */
const arrive = (two: TwoHosts) => {
  const here = two.alder.domains.get(uuidOf(1));
  if (here) two.birch.domains.set(uuidOf(1), {...here});
};
test('off on its source, the claim goes', leaves, () => undefined, [false, false], {state: 'shutoff'});
test(
  'on its target, the claim goes from both',
  leaves,
  (two: TwoHosts) => {
    arrive(two);
    Object.assign(two.alder.domains.get(uuidOf(1)) ?? {}, {state: 'shutoff'});
  },
  [false, false],
);
test('on both, the claims stay', leaves, arrive, [true, true]);
test('paused on both, the claims stay', leaves, arrive, [true, true], {state: 'paused', stateReason: 'user'});
test(
  "on its source beside a silent target, the source's claim goes",
  leaves,
  (two: TwoHosts) => {
    two.birch.reachable = 'no';
  },
  [false, false],
);

test('a later attempt of the same run keeps its claim when an earlier one fails', async t => {
  const later = {run: 'run-1', controller: 'test', token: 2, until: soon};
  const {two, perform} = await acting(async hosts => {
    await hosts.alder.writeClaim(uuidOf(1), later);
    throw new Error('no');
  });
  await t.throwsAsync(perform(), {message: 'no'});
  t.deepEqual(await two.alder.readClaim(uuidOf(1)), later);
});

test('a domain that is only arriving is not claimed on its target', async t => {
  const {two, perform} = await acting(() => undefined);
  arrive(two);
  Object.assign(two.birch.domains.get(uuidOf(1)) ?? {}, {state: 'paused', stateReason: 'migration'});
  await perform();
  t.is((await two.alder.readClaim(uuidOf(1)))?.run, 'run-1');
  t.is(await two.birch.readClaim(uuidOf(1)), undefined);
});

test('nothing is done without a look at the claims: a target may be silent, a source may not', async t => {
  const silentTarget = await acting(() => 'acted');
  silentTarget.two.birch.reachable = 'no';
  t.is(await silentTarget.perform(), 'acted');
  const silentSource = await acting(() => 'acted');
  silentSource.two.alder.reachable = 'no';
  await t.throwsAsync(silentSource.perform(), {code: 'HOST_UNREACHABLE'});
  const broken = await acting(() => 'acted');
  broken.two.birch.readClaim = () => Promise.reject(new Error('broken'));
  await t.throwsAsync(broken.perform(), {message: 'broken'});
});
