import test from 'ava';
import * as fc from 'fast-check';
import {type MoveMishap, readDiskNote, removeDiskNote, writeDiskNote} from '@dr-toolkit/hosts';

import {migrationKinds} from '../src/index.ts';
import {moveOfStep} from '../src/move-of-step.ts';
import {images, overlayOf, TwoHosts, uuidOf} from './fixtures/two-hosts.ts';

const disk = `${images}/web.qcow2`;

async function performed(two: TwoHosts, wanted = {}) {
  const {plan, findings} = await two.plan(wanted);
  if (!plan) throw new Error(JSON.stringify(findings));
  return two.perform(plan);
}

test('a running domain moves, its source is marked and forgotten', async t => {
  const two = new TwoHosts().with('web', {autostart: true});
  const results = await performed(two);
  t.deepEqual(two.runsOn(), ['birch']);
  t.deepEqual(two.knownTo(), ['birch']);
  t.true(two.birch.domains.get(uuidOf(1))?.autostart);
  t.deepEqual(two.alder.files.paths, [disk, `${disk}.dr-kept`]);
  t.deepEqual(two.birch.files.paths, [disk], 'no note stays beside a living disk');
  t.like(await readDiskNote(two.alder, disk, 'kept'), {domain: 'web', movedTo: 'birch', run: 'run-1'});
  t.like(results['web/move'], {mode: 'live', through: 'daemons', downtimeMs: 42});
  t.like(results['web/verify'], {seen: ['running on birch', 'shutoff on alder', 'has vda', 'its agent answers']});
});

test('its disks are deleted when that is asked for', async t => {
  const two = new TwoHosts().with('web');
  await performed(two, {sourceDisks: 'delete'});
  t.deepEqual(two.alder.files.paths, []);
});

for (const use of [
  {who: 'another domain', spec: {disk}},
  {who: 'a disk on top of it', spec: {devices: overlayOf(disk)}},
]) {
  test(`a disk that ${use.who} uses is kept on the source, though deleting was asked for`, async t => {
    const two = new TwoHosts().with('web', {state: 'shutoff'});
    two.with('clone', {number: 2, state: 'shutoff', ...use.spec});
    const results = await performed(two, {domains: ['web'], sourceDisks: 'delete'});
    t.deepEqual(two.knownTo(), ['birch']);
    t.true(two.alder.files.paths.includes(disk));
    t.like(await readDiskNote(two.alder, disk, 'kept'), {domain: 'web', movedTo: 'birch'});
    t.deepEqual(results['web/retire'], {deleted: [], kept: [disk]});
  });
}

test('a domain that is shut off is copied and stays shut off', async t => {
  const two = new TwoHosts().with('web', {state: 'shutoff', autostart: true});
  two.alder.files.write(disk, {offset: 500_000, data: Buffer.from('far away')});
  const results = await performed(two);
  t.like(results['web/move'], {mode: 'offline', copiedBytes: 12});
  t.deepEqual(two.knownTo(), ['birch']);
  t.like(two.birch.domains.get(uuidOf(1)), {state: 'shutoff', autostart: true});
  t.deepEqual(
    [...two.birch.files.read(disk)].filter(piece => 'data' in piece),
    [...two.alder.files.read(disk)].filter(piece => 'data' in piece),
  );
});

test('daemons that cannot reach each other: dr drives the move itself', async t => {
  const two = new TwoHosts().with('web');
  two.alder.mishap = {kind: 'peers apart'};
  t.like((await performed(two))['web/move'], {through: 'client'});
  t.deepEqual(two.runsOn(), ['birch']);
});

test('it is not tried otherwise when the daemons were asked for', async t => {
  const two = new TwoHosts().with('web');
  two.alder.mishap = {kind: 'peers apart'};
  await t.throwsAsync(performed(two, {through: 'daemons'}), {code: 'MOVE_FAILED', message: /runs on alder/u});
  t.deepEqual(two.runsOn(), ['alder']);
});

test('daemons that lose each other half-way: dr does not begin again by itself', async t => {
  const two = new TwoHosts().with('web');
  two.alder.mishap = {kind: 'fails', code: 'OUTCOME_UNKNOWN', message: 'End of file while reading data'};
  await t.throwsAsync(performed(two), {code: 'MOVE_FAILED', message: /runs on alder: .*End of file/u});
  t.deepEqual(two.runsOn(), ['alder']);
  t.is(two.alder.acts.filter(act => act.startsWith('migrate')).length, 1);
});

test('a move that dr lost sight of has not failed', async t => {
  const two = new TwoHosts().with('web');
  two.alder.mishap = {kind: 'unseen'};
  await performed(two);
  t.deepEqual(two.runsOn(), ['birch']);
  t.deepEqual(two.knownTo(), ['birch']);
});

test('what failed is cleared away, and the next run succeeds', async t => {
  const two = new TwoHosts().with('web');
  two.alder.mishap = {kind: 'fails', code: 'DISK_FULL', message: 'No space left on device'};
  await t.throwsAsync(performed(two), {
    code: 'MOVE_FAILED',
    message: /web was not moved and runs on alder: .*No space left/u,
  });
  t.deepEqual(two.birch.files.paths, []);
  await performed(two);
  t.deepEqual(two.runsOn(), ['birch']);
});

test('a domain that shuts itself down on its way is not moved, and copied the next time', async t => {
  const two = new TwoHosts().with('web');
  two.alder.mishap = {
    kind: 'event',
    act: () => Object.assign(two.alder.domains.get(uuidOf(1)) ?? {}, {state: 'shutoff', stateReason: 'shutdown'}),
  };
  await t.throwsAsync(performed(two), {code: 'SOURCE_STATE'});
  t.like((await performed(two))['web/move'], {mode: 'offline'});
  t.deepEqual(two.knownTo(), ['birch']);
});

test('what may be the newest disk of a domain that was moved away is not replaced', async t => {
  const two = new TwoHosts().with('web', {state: 'shutoff'});
  const {plan} = await two.plan();
  if (!plan) throw new Error('nothing stood in the way');
  // Meanwhile it was started and moved live, arrived, and its target has forgotten it.
  Object.assign(two.alder.domains.get(uuidOf(1)) ?? {}, {stateReason: 'migrated'});
  two.birch.files.create({path: disk, format: 'raw', capacityBytes: 9});
  two.birch.files.write(disk, {offset: 0, data: Buffer.from('newest')});
  const note = {kind: 'incoming' as const, uuid: uuidOf(1), domain: 'web', from: 'alder', run: 'run-0'};
  await writeDiskNote(two.birch, disk, note);
  await t.throwsAsync(two.perform(plan), {code: 'UNCLEAR', message: /has left alder by a move/u});
  const [piece] = two.birch.files.read(disk);
  t.is(piece && 'data' in piece ? Buffer.from(piece.data).toString() : undefined, 'newest');
});

test('an abort leaves the domain on its source', async t => {
  const two = new TwoHosts().with('web');
  const stop = new AbortController();
  two.alder.mishap = {kind: 'event', act: () => stop.abort(new Error('enough'))};
  const {plan} = await two.plan();
  if (!plan) return t.fail();
  await t.throwsAsync(two.perform(plan, {signal: stop.signal}), {code: 'ABORTED', message: /runs on alder/u});
  t.deepEqual([two.runsOn(), two.birch.files.paths], [['alder'], []]);
  return undefined;
});

for (const when of ['while it is followed', 'before it is taken up']) {
  test(`a move whose abort, ${when}, is heard before it has copied anything is over for its attempt, and for no other`, async t => {
    const two = new TwoHosts().with('web');
    const {plan} = await two.plan();
    const step = plan?.steps.find(({kind}) => kind === 'move-live');
    const move = step && moveOfStep(step);
    const kind = migrationKinds.find(found => found.kind === 'move-live');
    const web = two.alder.domains.get(uuidOf(1));
    if (!move || !kind || !web) return t.fail();
    // As a controller leaves it whose source waits for a target that does not answer.
    const bytes = {processedBytes: 0, totalBytes: 1, memoryBytes: 0, bytesPerSecond: 0};
    web.job = {operation: 'migration-out', elapsedMs: 1, ...bytes};
    const stop = new AbortController();
    if (when === 'before it is taken up') stop.abort();
    const context = {...two.contextFor('web/move', {signal: stop.signal}), progress: () => stop.abort()};
    const {signal} = new AbortController();
    const found = await kind.inspect(move, {...context, signal});
    if (found.state !== 'underway') return t.fail(found.state);
    await t.throwsAsync(async () => kind.attach?.(move, context, found), {code: 'ABORTED', message: /still wait/u});
    t.is((await kind.inspect(move, {...context, signal})).state, 'pending');
    t.is((await kind.inspect(move, two.contextFor('web/move', {token: 2}))).state, 'underway');
    Object.assign(web, {state: 'shutoff', stateReason: 'migrated', job: undefined});
    two.birch.add(web.xml);
    t.is(
      (await kind.inspect(move, {...context, signal})).state,
      'done',
      'but where it arrived all the same it is there',
    );
    return undefined;
  });
}

for (const state of ['running', 'shutoff'] as const) {
  test(`a move of a domain that is ${state} is prepared anew when it is tried again`, async t => {
    const two = new TwoHosts().with('web', {state});
    const tries = await twoTries(two);
    await t.throwsAsync(tries.first);
    t.deepEqual(two.birch.files.paths, []);
    let there: string[] = [];
    await tries.second(() => (there = two.birch.files.paths));
    t.deepEqual(there, [disk, `${disk}.dr-incoming`]);
  });

  test(`a file that appears between two tries to move a domain that is ${state} is not touched`, async t => {
    const two = new TwoHosts().with('web', {state});
    const tries = await twoTries(two);
    await t.throwsAsync(tries.first);
    two.birch.files.create({path: disk, format: 'raw', capacityBytes: 7});
    await t.throwsAsync(tries.second, {message: /dr did not put it there/u});
    t.is(two.birch.files.find(disk)?.capacityBytes, 7);
  });
}

function fails(): never {
  throw new Error('on its way');
}

/** A move whose first try fails on its way, and a second one of the same step, as after a resume. */
async function twoTries(two: TwoHosts) {
  const {plan} = await two.plan();
  const [prepare, step] = plan?.steps ?? [];
  const move = step && moveOfStep(step);
  const kind = migrationKinds.find(found => found.kind === step?.kind);
  if (!plan || !prepare || !step || !move || !kind) throw new Error('no plan');
  await two.perform({...plan, steps: [prepare]});
  const tried = async (act: () => void, token: number) => {
    const context = two.contextFor(step.id, {token});
    if (step.kind === 'move-live') two.alder.mishap = {kind: 'event', act};
    return kind.perform(move, step.kind === 'move-live' ? context : {...context, progress: act});
  };
  return {first: () => tried(fails, 1), second: (act: () => void = () => {}) => tried(act, 2)};
}

test("an earlier run's unfinished copy is replaced", async t => {
  const two = new TwoHosts().with('web');
  const first = await two.plan();
  const [prepare] = first.plan?.steps ?? [];
  if (first.plan && prepare) await two.perform({...first.plan, steps: [prepare]});
  t.deepEqual(two.birch.files.paths, [disk, `${disk}.dr-incoming`]);
  await performed(two);
  t.deepEqual([two.runsOn(), two.birch.files.paths], [['birch'], [disk]]);
});

test('a file that appears after the preflight is not touched', async t => {
  const two = new TwoHosts().with('web');
  const {plan} = await two.plan();
  two.birch.files.create({path: disk, format: 'raw', capacityBytes: 7});
  if (plan) await t.throwsAsync(two.perform(plan), {code: 'FILE_IN_THE_WAY'});
  t.is(two.birch.files.find(disk)?.capacityBytes, 7);
  t.deepEqual(two.runsOn(), ['alder']);
});

test('a kept disk or NVRAM that another domain has begun to need since the preflight is not replaced', async t => {
  const nvram = '/nvram/web.fd';
  for (const spec of [{devices: overlayOf(disk)}, {os: `<nvram>${nvram}</nvram>`}]) {
    const two = new TwoHosts().with('web', {os: `<nvram>${nvram}</nvram>`});
    two.alder.files.create({path: nvram, format: 'raw', capacityBytes: 9});
    await performed(two);
    const {plan} = await two.plan({from: 'birch', to: 'alder', keptDisks: 'replace'});
    two.with('clone', {...spec, number: 2, disk: `${images}/clone.qcow2`, state: 'shutoff'});
    if (!plan) return t.fail();
    await t.throwsAsync(two.perform(plan), {code: 'FILE_IN_THE_WAY', message: /on alder is in use by clone/u});
    t.deepEqual(two.runsOn(), ['birch']);
    t.true(two.alder.files.paths.includes('devices' in spec ? disk : nvram));
  }
  return undefined;
});

test('a note of a kept disk that has gone does not lie beside the copy that takes its place', async t => {
  const two = new TwoHosts().with('web', {state: 'shutoff'});
  const kept = {
    kind: 'kept' as const,
    uuid: uuidOf(1),
    domain: 'web',
    movedTo: 'alder',
    movedAt: '2026-01-01',
    run: 'old',
  };
  await writeDiskNote(two.birch, disk, kept);
  const {plan} = await two.plan();
  const [prepare] = plan?.steps ?? [];
  if (plan && prepare) await two.perform({...plan, steps: [prepare]});
  t.deepEqual(two.birch.files.paths, [disk, `${disk}.dr-incoming`]);
});

test('a run that was cut off after the move is finished by the next one', async t => {
  for (const state of ['running', 'shutoff'] as const) {
    const two = new TwoHosts().with('web', {state, autostart: true});
    const {plan} = await two.plan();
    if (plan) await two.perform({...plan, steps: plan.steps.slice(0, 2)});
    t.deepEqual(two.knownTo(), ['alder', 'birch']);
    const again = await two.plan();
    t.deepEqual(
      again.moves.map(({how}) => how),
      ['finish'],
    );
    if (again.plan) await two.perform(again.plan);
    t.deepEqual(two.knownTo(), ['birch']);
    t.like(two.birch.domains.get(uuidOf(1)), {state, autostart: true});
    t.deepEqual(two.birch.files.paths, [disk]);
  }
});

test('a copy of a domain that was started for a while meanwhile is not taken for whole', async t => {
  const two = new TwoHosts().with('web', {state: 'shutoff'});
  const writeVolume = two.birch.writeVolume.bind(two.birch);
  two.birch.writeVolume = async (path, ...rest) => {
    await writeVolume(path, ...rest);
    if (path === disk) two.alder.files.write(disk, {offset: 4096, data: Buffer.from('its guest wrote this')});
  };
  await t.throwsAsync(performed(two), {code: 'COPY_DIFFERS', message: /web\.qcow2 on alder was written to/u});
  t.deepEqual([two.knownTo(), two.birch.files.paths], [['alder'], []]);
});

test('a domain that worked on its source after its copy is not removed there, by no later run either', async t => {
  const two = new TwoHosts().with('web', {state: 'shutoff'});
  const {plan} = await two.plan();
  if (!plan) return t.fail();
  await two.perform({...plan, steps: plan.steps.slice(0, 2)});
  two.alder.files.write(disk, {offset: 4096, data: Buffer.from('its guest wrote this')});
  const said = {code: 'TARGET_NOT_VERIFIED', message: /web\.qcow2 on alder was written to after it had been copied/u};
  for (const kind of ['verify-domain', 'retire-source'])
    await t.throwsAsync(two.perform({...plan, steps: plan.steps.filter(step => step.kind === kind)}), said);
  await t.throwsAsync(performed(two, {sourceDisks: 'delete'}), said);
  t.deepEqual(two.knownTo(), ['alder', 'birch']);
  return undefined;
});

test('what a domain wrote after its move was prepared is copied', async t => {
  const two = new TwoHosts().with('web', {state: 'shutoff'});
  const {plan} = await two.plan();
  const [prepare, ...rest] = plan?.steps ?? [];
  if (!plan || !prepare) return t.fail();
  await two.perform({...plan, steps: [prepare]});
  two.alder.files.write(disk, {offset: 4096, data: Buffer.from('late')});
  await two.perform({...plan, steps: rest});
  t.deepEqual(two.knownTo(), ['birch']);
  t.true(
    [...two.birch.files.read(disk)].some(piece => 'data' in piece && Buffer.from(piece.data).toString() === 'late'),
  );
  return undefined;
});

test('what carries no data is given up when it takes long, a move never', async t => {
  const {plan} = await new TwoHosts().with('web').plan();
  t.deepEqual(
    plan?.steps.map(({kind, timeoutMs}) => [kind, timeoutMs]),
    [
      ['prepare-disks', 600_000],
      ['move-live', undefined],
      ['verify-domain', undefined],
      ['retire-source', 600_000],
    ],
  );
});

test('a source is not retired while its target does not run', async t => {
  const two = new TwoHosts().with('web');
  const {plan} = await two.plan();
  if (plan) await two.perform({...plan, steps: plan.steps.slice(0, 2)});
  Object.assign(two.birch.domains.get(uuidOf(1)) ?? {}, {state: 'shutoff', stateReason: 'destroyed'});
  await removeDiskNote(two.birch, disk, 'incoming');
  const retire = plan?.steps.at(-1);
  if (plan && retire) await t.throwsAsync(two.perform({...plan, steps: [retire]}), {code: 'TARGET_NOT_VERIFIED'});
  t.deepEqual(two.knownTo(), ['alder', 'birch']);
});

const mishaps: fc.Arbitrary<MoveMishap['kind'] | 'none' | 'target dies' | 'shuts down'> = fc.constantFrom(
  'none',
  'peers apart',
  'fails',
  'unseen',
  'target dies',
  'shuts down',
);

test('whatever happens, a domain never runs twice, and running it again finishes the job', async t => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(mishaps, {maxLength: 3}),
      fc.constantFrom('running', 'shutoff'),
      async (troubles, state) => {
        const two = new TwoHosts().with('web', {state});
        for (const trouble of [...troubles, 'none' as const, 'none' as const]) {
          two.birch.reachable = 'yes';
          two.alder.mishap = mishapOf(trouble, two);
          const {plan} = await two.plan();
          if (!plan) break;
          await two.perform(plan).catch(() => undefined);
          t.true(two.runsOn().length <= 1, `${troubles.join(', ')}: runs on ${two.runsOn().join(' and ')}`);
          t.true(two.knownTo().length > 0);
          if (two.knownTo().join() === 'birch') return;
        }
        t.fail(`${state}, ${troubles.join(', ')}: known to ${two.knownTo().join(' and ')}`);
      },
    ),
    {numRuns: 60},
  );
});

function mishapOf(trouble: string, two: TwoHosts): MoveMishap | undefined {
  if (trouble === 'fails') return {kind: 'fails', code: 'FAILED', message: 'broken'};
  if (trouble === 'peers apart') return {kind: 'peers apart'};
  if (trouble === 'unseen') return {kind: 'unseen'};
  if (trouble === 'target dies') return {kind: 'event', act: () => (two.birch.reachable = 'no')};
  if (trouble === 'shuts down')
    return {kind: 'event', act: () => Object.assign(two.alder.domains.get(uuidOf(1)) ?? {}, {state: 'shutoff'})};
  return undefined;
}
