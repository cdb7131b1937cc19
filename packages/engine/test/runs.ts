import test from 'ava';

import {
  followRun,
  listRuns,
  type LiveEvent,
  RunError,
  type RunEvent,
  runPlan,
  runStanding,
  showRun,
} from '../src/index.ts';
import {lockKey} from '../src/run-lock.ts';
import {Stage, untilAborted} from './fixtures/stage.ts';

test('a run is listed with its state, newest first', async t => {
  const stage = new Stage();
  await stage.run([{id: 'a'}]);
  await stage.clock.drive(stage.clock.sleep(1000));
  await stage.clock.drive(
    runPlan(stage.plan([{id: 'b', kind: 'confirm', args: {text: 'Sure?'}}]), {...stage.options(), run: 'later'}),
  );
  const runs = await listRuns(stage.store, stage);
  t.deepEqual(
    runs.map(({run, state, command}) => [run, state, command]),
    [
      ['later', 'waiting', 'test'],
      ['run', 'done', 'test'],
    ],
  );
});

test('a run whose controller has gone is shown as crashed', async t => {
  const stage = new Stage();
  await stage.run([{id: 'a'}]);
  await stage.store.tx(tx => tx.q(`UPDATE run SET state = 'running'`));
  t.is((await showRun(stage.store, 'run', stage)).state, 'crashed');
});

test('a run that ends while it is looked at is shown as it ended, never as crashed', async t => {
  const stage = new Stage();
  await stage.run([{id: 'a'}]);
  const poke = async () => {
    await stage.store.tx(tx => tx.q(`UPDATE run SET state = 'done'`));
    return false;
  };
  const locks = {...stage.locks, poke};
  for (const look of [
    () => showRun(stage.store, 'run', {locks}),
    async () => (await listRuns(stage.store, {locks}))[0],
  ]) {
    await stage.store.tx(tx => tx.q(`UPDATE run SET state = 'running'`));
    t.is((await look())?.state, 'done');
  }
});

test('a run is shown while it runs: what runs and how far, what waits and for what', async t => {
  const stage = new Stage({
    acts: {
      a: async ({progress}) => {
        progress({fraction: 0.5, text: 'copying'});
        await stage.clock.sleep(10_000);
      },
    },
  });
  const steps = [
    {id: 'a', args: {lanes: {disk: 1}}},
    {id: 'b', args: {lanes: {disk: 1}}},
    {id: 'c', needs: ['a']},
  ];
  const running = stage.run(steps, {lanes: {disk: 1}});
  await stage.clock.sleep(5000);
  const view = await showRun(stage.store, 'run', stage);
  t.is(view.state, 'running');
  t.like(view.steps[0], {record: {state: 'running'}, progress: {fraction: 0.5, text: 'copying'}, waits: []});
  t.deepEqual(view.steps[1]?.waits, [{for: 'lane', lane: 'disk', holders: [{run: 'run', step: 'a'}]}]);
  t.deepEqual(view.steps[2]?.waits, [{for: 'step', step: 'a'}]);
  t.is(view.fraction, 0.5 / 3);
  await running;
});

test('a run can be followed from its first event to its last', async t => {
  const stage = new Stage({acts: {a: () => stage.clock.sleep(1000)}});
  const running = stage.run([{id: 'a'}]);
  await stage.clock.sleep(500);
  const followed: RunEvent[] = [];
  const following = (async () => {
    for await (const event of followRun(stage.store, 'run', stage)) followed.push(event);
  })();
  await running;
  await stage.clock.drive(following);
  t.deepEqual(
    followed.map(({type}) => type),
    ['run-started', 'step-started', 'step-done', 'run-ended'],
  );
});

test('who has seen a run can follow it from there on', async t => {
  const stage = new Stage({acts: {a: () => stage.clock.sleep(1000)}});
  const running = stage.run([{id: 'a'}]);
  await stage.clock.sleep(500);
  const {events: after} = await showRun(stage.store, 'run', stage);
  t.is(after, 2);
  const followed: string[] = [];
  const following = (async () => {
    for await (const {type} of followRun(stage.store, 'run', {clock: stage.clock, locks: stage.locks, after}))
      followed.push(type);
  })();
  await running;
  await stage.clock.drive(following);
  t.deepEqual(followed, ['step-done', 'run-ended']);
});

test('following ends when the controller dies, after the last that it wrote', async t => {
  const stage = new Stage({acts: {a: untilAborted}});
  const end = new AbortController();
  const running = stage.run([{id: 'a'}], {signal: end.signal});
  await stage.clock.sleep(500);
  const followed: string[] = [];
  const following = (async () => {
    for await (const {type} of followRun(stage.store, 'run', stage)) followed.push(type);
  })();
  await stage.clock.sleep(1000);
  stage.forgetLocks();
  await following;
  t.deepEqual(followed, ['run-started', 'step-started']);
  end.abort();
  await running;
});

test('following ends when it is told to', async t => {
  const stage = new Stage();
  await stage.run([{id: 'a'}]);
  await stage.store.tx(tx => tx.q(`UPDATE run SET state = 'running'`));
  await stage.locks.take(lockKey(stage.store.id, 'run'), () => undefined);
  const abort = new AbortController();
  let seen = 0;
  const following = (async () => {
    for await (const _event of followRun(stage.store, 'run', {
      clock: stage.clock,
      locks: stage.locks,
      signal: abort.signal,
    }))
      seen++;
  })();
  await stage.clock.drive(stage.clock.sleep(1000));
  abort.abort();
  await stage.clock.drive(following);
  t.is(seen, 4);
});

test('a run that never was is refused', async t => {
  const stage = new Stage();
  await t.throwsAsync(showRun(stage.store, 'other', stage), {instanceOf: RunError, code: 'NO_SUCH_RUN'});
});

test('a second controller is kept away from a run that has one', async t => {
  const stage = new Stage({acts: {a: () => stage.clock.sleep(1000)}});
  const running = stage.run([{id: 'a'}]);
  await stage.clock.sleep(100);
  await t.throwsAsync(stage.resume(), {instanceOf: RunError, code: 'RUN_IS_ALIVE'});
  await running;
});

test('a step is told how the run stands that left word of itself', async t => {
  const seen: string[] = [];
  const stage = new Stage({
    acts: {
      a: async ({standingOf}) => {
        for (const run of ['run', 'earlier', 'of-another-store']) seen.push(await standingOf(run));
      },
    },
  });
  await stage.clock.drive(runPlan(stage.plan([{id: 'b'}]), {...stage.options(), run: 'earlier'}));
  await stage.run([{id: 'a'}]);
  t.deepEqual(seen, ['alive', 'ended', 'unknown']);
  t.is(await runStanding(stage.store, 'run', stage), 'ended');
});

test('a step that is tried again has come nowhere yet, however far the attempt before had come', async t => {
  const seen: unknown[] = [];
  const stage: Stage = new Stage({
    acts: {
      a: async ({attempt, progress}) => {
        if (attempt === 2) {
          seen.push((await showRun(stage.store, 'run', stage)).steps[0]?.progress);
          return;
        }
        progress({fraction: 0.9});
        await stage.clock.sleep(5000);
        seen.push((await showRun(stage.store, 'run', stage)).steps[0]?.progress);
        throw new Error('it broke');
      },
    },
  });
  await stage.run([{id: 'a', retries: {max: 1, backoffMs: 1000}}]);
  t.deepEqual(seen, [{fraction: 0.9}, undefined]);
});

test('a run that waits for a person is told of as the holder of places that another run needs', async t => {
  const stage = new Stage({looks: {a: async () => ({state: 'unknown', why: 'two answers'})}});
  const lanes = {disk: 1};
  t.is((await stage.run([{id: 'a', args: {lanes}}], {lanes})).status, 'waiting');
  const told: Array<RunEvent | LiveEvent> = [];
  const stop = new AbortController();
  const plan = stage.plan(['b', 'c'].map(id => ({id, args: {lanes}})));
  const options = stage.options({lanes, stop: stop.signal, onEvent: event => told.push(event)});
  stage.clock.later(60_000, () => stop.abort());
  await stage.clock.drive(runPlan(plan, {...options, run: 'next'}));
  const lost = told.filter(({type}) => type === 'holder-lost');
  t.like(lost, {length: 1, 0: {run: 'run', lanes: ['disk'], state: 'waiting'}});
});

test('places that a run holds while it waits for a person are no news to a run that needs others', async t => {
  const stage = new Stage({looks: {a: async () => ({state: 'unknown', why: 'two answers'})}});
  await stage.run([{id: 'a', args: {lanes: {disk: 1}}}]);
  const told: Array<RunEvent | LiveEvent> = [];
  const plan = stage.plan([{id: 'b', kind: 'do', args: {lanes: {link: 1}}}]);
  const act = () => stage.clock.sleep(5000);
  const options = stage.options({onEvent: event => told.push(event)});
  await stage.clock.drive(Promise.all([runPlan(plan, {...options, run: 'next'}), act()]));
  t.false(told.some(({type}) => type === 'holder-lost'));
});

test('a retry whose time has come waits for its lane, and no more for its time', async t => {
  const seen: string[][] = [];
  const look = async () => {
    const {steps} = await showRun(stage.store, 'run', stage);
    seen.push((steps.find(({step}) => step.id === 'a')?.waits ?? []).map(wait => wait.for));
  };
  const stage: Stage = new Stage({
    acts: {
      a: async ({attempt}) => {
        if (attempt === 1) throw new Error('it broke');
      },
      b: async () => {
        await stage.clock.sleep(500);
        await look();
        await stage.clock.sleep(10_000);
        await look();
      },
    },
  });
  const lanes = {disk: 1};
  const steps = [
    {id: 'a', args: {lanes}, retries: {max: 1, backoffMs: 1000}},
    {id: 'b', args: {lanes}},
  ];
  t.is((await stage.run(steps, {lanes})).status, 'done');
  t.deepEqual(seen, [['time', 'lane'], ['lane']]);
});
