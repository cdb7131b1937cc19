import test from 'ava';

import {
  abortRun,
  answerStep,
  followRun,
  listRuns,
  retryStep,
  RunError,
  type RunEvent,
  runPlan,
  runStanding,
  setLane,
  showRun,
} from '../src/index.ts';
import {fails, Stage, untilAborted} from './fixtures/stage.ts';

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
    for await (const event of followRun(stage.store, 'run', {clock: stage.clock})) followed.push(event);
  })();
  await running;
  await stage.clock.drive(following);
  t.deepEqual(
    followed.map(({type}) => type),
    ['run-started', 'step-started', 'step-done', 'run-ended'],
  );
});

test('following ends when it is told to', async t => {
  const stage = new Stage();
  await stage.run([{id: 'a'}]);
  await stage.store.tx(tx => tx.q(`UPDATE run SET state = 'running'`));
  const abort = new AbortController();
  let seen = 0;
  const following = (async () => {
    for await (const _event of followRun(stage.store, 'run', {clock: stage.clock, signal: abort.signal})) seen++;
  })();
  await stage.clock.drive(stage.clock.sleep(1000));
  abort.abort();
  await stage.clock.drive(following);
  t.is(seen, 4);
});

test('a run can be stopped from elsewhere', async t => {
  const stage = new Stage({
    acts: {
      a: async () => {
        t.true(await abortRun(stage.store, 'run', 'stop', stage));
        await stage.clock.sleep(1000);
      },
    },
  });
  const {status, steps} = await stage.run([{id: 'a'}, {id: 'b', needs: ['a']}]);
  t.deepEqual([status, steps.a?.state, steps.b?.state], ['stopped', 'done', 'pending']);
});

test('a run can be aborted from elsewhere', async t => {
  const stage = new Stage({
    acts: {
      a: async context => {
        await abortRun(stage.store, 'run', 'abort', stage);
        await untilAborted(context);
      },
    },
  });
  const {status, steps} = await stage.run([{id: 'a'}]);
  t.deepEqual([status, steps.a?.state], ['stopped', 'cancelled']);
});

test('nobody is there to stop a run that has ended', async t => {
  const stage = new Stage();
  await stage.run([{id: 'a'}]);
  t.false(await abortRun(stage.store, 'run', 'stop', stage));
});

test('a lane can be widened while a run goes on, and the journal says so', async t => {
  let most = 0;
  let running = 0;
  const act = async () => {
    most = Math.max(most, ++running);
    await stage.clock.sleep(10_000);
    running--;
  };
  const stage = new Stage({
    acts: {
      a: async () => {
        await setLane(stage.store, 'disk', 3, stage);
        await act();
      },
      b: act,
      c: act,
    },
  });
  const steps = ['a', 'b', 'c'].map(id => ({id, args: {lanes: {disk: 1}}}));
  await stage.run(steps, {lanes: {disk: 1}});
  t.is(most, 3);
  t.true(stage.events.some(event => event.type === 'lane-limit' && event.places === 3));
});

test('a limit for the time of one run lies over what was set before, and ends with the run', async t => {
  let running = 0;
  const most: number[] = [];
  const act = async () => {
    most.push(++running);
    await stage.clock.sleep(10_000);
    running--;
  };
  const stage = new Stage({
    acts: {
      a: async () => {
        await setLane(stage.store, 'disk', 1, {locks: stage.locks, forRun: 'run'});
        await act();
      },
      b: act,
      c: act,
    },
  });
  await setLane(stage.store, 'disk', 3, stage);
  const steps = [
    {id: 'a', args: {lanes: {disk: 1}}},
    ...['b', 'c'].map(id => ({id, args: {lanes: {disk: 1}}, needs: ['a']})),
  ];
  await stage.run(steps);
  t.deepEqual(most, [1, 1, 1]);
  const limits = stage.events.flatMap(event =>
    event.type === 'lane-limit' ? [{places: event.places, was: event.was, run: event.run}] : [],
  );
  t.deepEqual(limits, [
    {places: 1, was: 3, run: 'run'},
    {places: 3, was: 1, run: undefined},
  ]);
  t.deepEqual(await stage.store.read('SELECT * FROM lane_for_run'), []);
  await t.throwsAsync(setLane(stage.store, 'disk', 1, {locks: stage.locks, forRun: 'run'}), {
    instanceOf: RunError,
    code: 'NOT_NOW',
  });
});

test('what is set for all runs later takes the place of what was set for one, and going back is journaled', async t => {
  const stage = new Stage({
    acts: {
      a: async () => {
        await setLane(stage.store, 'disk', 1, {locks: stage.locks, forRun: 'run'});
        await stage.clock.sleep(1000);
        await setLane(stage.store, 'disk', 2, stage);
        await stage.clock.sleep(1000);
        await setLane(stage.store, 'disk', undefined, stage);
        await stage.clock.sleep(1000);
      },
    },
  });
  await stage.run([{id: 'a'}], {lanes: {disk: 4}});
  const places = stage.events.flatMap(event => (event.type === 'lane-limit' ? [event.places] : []));
  t.deepEqual(places, [1, 2, 4]);
});

test('a second controller is kept away from a run that has one', async t => {
  const stage = new Stage({acts: {a: () => stage.clock.sleep(1000)}});
  const running = stage.run([{id: 'a'}]);
  await stage.clock.sleep(100);
  await t.throwsAsync(stage.resume(), {instanceOf: RunError, code: 'RUN_IS_ALIVE'});
  await running;
});

test('what cannot be asked of a run is refused', async t => {
  const stage = new Stage({acts: {b: fails}});
  await stage.run([{id: 'a'}, {id: 'b'}]);
  const {store} = stage;
  await t.throwsAsync(showRun(store, 'other', stage), {instanceOf: RunError, code: 'NO_SUCH_RUN'});
  await t.throwsAsync(retryStep(store, 'run', 'z', stage), {instanceOf: RunError, code: 'NO_SUCH_STEP'});
  await t.throwsAsync(retryStep(store, 'run', 'a', stage), {instanceOf: RunError, code: 'NOT_NOW'});
  await t.throwsAsync(answerStep(store, 'run', 'b', 'yes', stage), {instanceOf: RunError, code: 'NOT_NOW'});
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
