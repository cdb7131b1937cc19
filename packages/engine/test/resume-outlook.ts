import test from 'ava';

import {abortRun, type ResumeOutlook, resumeOutlook, RunError, type RunOptions, setLane} from '../src/index.ts';
import {fails, Stage, type StageOptions} from './fixtures/stage.ts';

type Steps = Parameters<Stage['run']>[0];
type More = Parameters<typeof resumeOutlook>[1];

/** A run whose controller died while these steps were under way. */
async function crashed(steps: Steps, underway: readonly string[], options: StageOptions = {}): Promise<Stage> {
  const stage = new Stage(options);
  await stage.run([
    {id: 'gate', kind: 'confirm', args: {text: 'Go?'}},
    ...steps.map(step => ({...step, needs: ['gate', ...(step.needs ?? [])]})),
  ]);
  await stage.store.tx(async tx => {
    await tx.q(`UPDATE run SET state = 'running'`);
    await tx.q(`UPDATE step SET state = 'done', question = NULL WHERE id = 'gate'`);
    for (const id of underway)
      await tx.q(`UPDATE step SET state = 'running', attempt = 1, token = 7 WHERE id = ?`, [id]);
    for (const id of underway)
      await tx.q(`INSERT INTO hold (run, step, lane, place) VALUES ('run', ?, 'disk', 0)`, [id]);
  });
  return stage;
}

async function outlook(stage: Stage, more: Partial<More> = {}): Promise<ResumeOutlook> {
  const before = await everything(stage);
  const seen = await stage.clock.drive(
    resumeOutlook('run', {...stage.options(), ...more} satisfies RunOptions<object>),
  );
  if ((await everything(stage)) !== before) throw new Error('The store was changed');
  return seen;
}

async function everything({store}: Stage): Promise<string> {
  const tables = ['run', 'step', 'event', 'command', 'hold', 'want', 'lane', 'gate'];
  return JSON.stringify(await Promise.all(tables.map(table => store.read(`SELECT * FROM ${table}`))));
}

function nexts({steps}: ResumeOutlook): Record<string, string> {
  return Object.fromEntries(steps.map(({step, next}) => [step.id, next]));
}

test('what was under way is looked at, what is ready begins, what needs others waits', async t => {
  const stage = await crashed([{id: 'a'}, {id: 'b'}, {id: 'c', needs: ['a']}], ['a'], {
    looks: {a: async () => ({state: 'underway', text: 'half of it'})},
  });
  const {steps, status} = await outlook(stage);
  t.is(status, undefined);
  t.deepEqual(nexts({steps, status}), {gate: 'stay', a: 'look', b: 'begin', c: 'wait'});
  t.deepEqual(steps[1]?.found, {state: 'underway', text: 'half of it'});
  t.deepEqual(steps[3]?.waits, [{for: 'step', step: 'a'}]);
  t.deepEqual(stage.performed, []);
});

test('what is under way keeps its lane, and the others are told of it', async t => {
  const stage = await crashed(
    [
      {id: 'a', args: {lanes: {disk: 1}}},
      {id: 'b', args: {lanes: {disk: 1}}},
    ],
    ['a'],
  );
  const {steps} = await outlook(stage, {lanes: {disk: 1}});
  t.like(steps[2], {next: 'wait', waits: [{for: 'lane', lane: 'disk', holders: [{run: 'run', step: 'a'}]}]});
  await setLane(stage.store, {lane: 'disk', places: 2}, stage);
  t.is((await outlook(stage, {lanes: {disk: 1}})).steps[2]?.next, 'begin');
});

test('a look that fails tells nothing, so that a person would be asked', async t => {
  const stage = await crashed([{id: 'a'}], ['a'], {
    looks: {a: () => Promise.reject(new Error('no answer from alder, token Paravane-77'))},
  });
  const {steps} = await outlook(stage, {secrets: ['Paravane-77']});
  t.deepEqual(steps[1]?.found, {state: 'unknown', why: 'looking failed: no answer from alder, token [secret]'});
});

test('answers that lie there, and those that are given, are counted in', async t => {
  const stage = new Stage();
  await stage.run([
    {id: 'a', kind: 'confirm', args: {text: 'Sure?'}},
    {id: 'b', needs: ['a']},
  ]);
  t.deepEqual(await outlook(stage).then(nexts), {a: 'ask', b: 'wait'});
  t.is((await outlook(stage)).status, 'waiting');
  const answered = await outlook(stage, {answers: {a: true}});
  t.deepEqual(nexts(answered), {a: 'stay', b: 'begin'});
  t.is((await outlook(stage, {answers: {a: false}})).status, 'failed');
});

test('a run that halted begins nothing, until what failed is tried again', async t => {
  const stage = new Stage({acts: {a: fails}});
  await stage.run([{id: 'a'}, {id: 'b', needs: [{step: 'a', need: 'prefer'}]}]);
  const {status, steps} = await outlook(stage);
  t.is(status, 'failed');
  t.deepEqual(nexts({status, steps}), {a: 'stay', b: 'stay'});
});

test('what was aborted is taken up again', async t => {
  const abort = new AbortController();
  const stage = new Stage({
    acts: {
      a: ({signal}) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
          abort.abort();
        }),
    },
  });
  const {steps} = await stage.run([{id: 'a'}], {signal: abort.signal});
  t.is(steps.a?.state, 'cancelled');
  t.deepEqual(await outlook(stage).then(nexts), {a: 'begin'});
});

test('what would begin is what begins', async t => {
  const ids = ['a', 'b', 'c', 'd', 'e'];
  const steps = ids.map((id, nr) => ({
    id,
    args: {lanes: {[nr % 2 === 0 ? 'disk' : 'link']: 1}},
    needs: nr > 3 ? ['b'] : [],
  }));
  const stage = await crashed(steps, ['c']);
  const told = await outlook(stage, {lanes: {disk: 2, link: 1}});
  const first: string[] = [];
  await stage.resume({
    lanes: {disk: 2, link: 1},
    onEvent(event) {
      if (event.type === 'step-started' && !stage.events.some(({type}) => type === 'step-done')) first.push(event.step);
      stage.events.push(event);
    },
  });
  const meant = told.steps.flatMap(({step, next}) => (next === 'look' || next === 'begin' ? [step.id] : []));
  t.deepEqual(meant, first.toSorted());
  t.deepEqual(meant, ['a', 'b', 'c']);
});

test('a run that somebody drives is refused', async t => {
  const stage = new Stage({acts: {a: () => stage.clock.sleep(1000)}});
  const running = stage.run([{id: 'a'}]);
  await stage.clock.sleep(100);
  await t.throwsAsync(resumeOutlook('run', stage.options()), {instanceOf: RunError, code: 'RUN_IS_ALIVE'});
  await running;
});

test('an abort that its controller did not live to hear does not end who goes on later', async t => {
  const stage = await crashed([{id: 'a'}, {id: 'b', needs: ['a']}], []);
  const alive = {...stage.locks, poke: () => Promise.resolve(true)};
  t.true(await abortRun(stage.store, 'run', 'abort', {clock: stage.clock, locks: alive}));
  t.is((await outlook(stage)).status, undefined);
  t.is((await stage.resume()).status, 'done');
});

test('an abort is heard by who has just taken the controls, though it has not begun', async t => {
  const stage = await crashed([{id: 'a'}], []);
  const {locks} = stage;
  const take: typeof locks.take = async (key, onPoke) => {
    const lock = await locks.take(key, onPoke);
    t.true(await abortRun(stage.store, 'run', 'abort', {clock: stage.clock, locks}));
    return lock;
  };
  t.is((await stage.resume({locks: {take, poke: key => locks.poke(key)}})).status, 'stopped');
});
