import test from 'ava';

import {
  abortRun,
  acceptedAnswer,
  answerStep,
  laneLimits,
  lanesAfter,
  type LaneWish,
  retriedSteps,
  retryStep,
  type RunLocks,
  RunError,
  setLane,
  showRun,
  type Store,
} from '../src/index.ts';
import {fails, Stage, states, untilAborted} from './fixtures/stage.ts';

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

test('who tells a run to end that has just ended is not heard, and does not end what is resumed later', async t => {
  const stage = new Stage();
  const halted = new AbortController();
  halted.abort();
  await stage.run([{id: 'a'}], {stop: halted.signal});
  // Its lock is given back a moment after its end has been written.
  const locks = {...stage.locks, poke: () => Promise.resolve(true)};
  t.false(await abortRun(stage.store, 'run', 'abort', {clock: stage.clock, locks}));
  t.is((await stage.resume()).status, 'done');
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
        await setLane(stage.store, {lane: 'disk', places: 3}, stage);
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
        await setLane(stage.store, {lane: 'disk', places: 1}, {locks: stage.locks, forRun: 'run'});
        await act();
      },
      b: act,
      c: act,
    },
  });
  await setLane(stage.store, {lane: 'disk', places: 3}, stage);
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
  await t.throwsAsync(setLane(stage.store, {lane: 'disk', places: 1}, {locks: stage.locks, forRun: 'run'}), {
    instanceOf: RunError,
    code: 'NOT_NOW',
  });
});

test('what is set for all runs later takes the place of what was set for one, and going back is journaled', async t => {
  const stage = new Stage({
    acts: {
      a: async () => {
        await setLane(stage.store, {lane: 'disk', places: 1}, {locks: stage.locks, forRun: 'run'});
        await stage.clock.sleep(1000);
        await setLane(stage.store, {lane: 'disk', places: 2}, stage);
        await stage.clock.sleep(1000);
        await setLane(stage.store, {lane: 'disk', places: undefined}, stage);
        await stage.clock.sleep(1000);
      },
    },
  });
  await stage.run([{id: 'a'}], {lanes: {disk: 4}});
  const places = stage.events.flatMap(event => (event.type === 'lane-limit' ? [event.places] : []));
  t.deepEqual(places, [1, 2, 4]);
});

test('whoever sets a lane, or takes back what was set, wakes the runs that are at work', async t => {
  const stage = new Stage({
    acts: {
      a: async () => {
        let woken = 0;
        const poke: RunLocks['poke'] = key => {
          woken += Number(key.endsWith('/run'));
          return Promise.resolve(true);
        };
        const ways = {locks: {...stage.locks, poke}, forRun: 'run'};
        await setLane(stage.store, {lane: 'disk', places: 2}, ways);
        const once = woken;
        await setLane(stage.store, {lane: 'disk', places: undefined}, ways);
        return {once: once > 0, twice: woken > once};
      },
    },
  });
  const {steps} = await stage.run([{id: 'a'}]);
  t.deepEqual(steps.a?.result, {once: true, twice: true});
});

test('what cannot be asked of a run is refused', async t => {
  const stage = new Stage({acts: {b: fails}});
  await stage.run([{id: 'a'}, {id: 'b'}]);
  const {store} = stage;
  await t.throwsAsync(retryStep(store, 'other', 'a', stage), {instanceOf: RunError, code: 'NO_SUCH_RUN'});
  await t.throwsAsync(retryStep(store, 'run', 'z', stage), {instanceOf: RunError, code: 'NO_SUCH_STEP'});
  await t.throwsAsync(retryStep(store, 'run', 'a', stage), {instanceOf: RunError, code: 'NOT_NOW'});
  await t.throwsAsync(answerStep(store, 'run', 'b', 'yes', stage), {instanceOf: RunError, code: 'NOT_NOW'});
});

test('an answer is seen in the form the run takes it, and nothing is answered by looking', async t => {
  const stage = new Stage();
  await stage.run([{id: 'a', kind: 'confirm', args: {text: 'Sure?'}}]);
  t.is(await acceptedAnswer(stage.store, 'run', 'a', 'y'), true);
  await t.throwsAsync(acceptedAnswer(stage.store, 'run', 'a', 'perhaps'), {instanceOf: RunError, code: 'BAD_ANSWER'});
  t.is((await stage.resume()).status, 'waiting');
  await answerStep(stage.store, 'run', 'a', 'y', stage);
  t.is((await stage.resume()).status, 'done');
});

test('what a retry takes up again is what it is said to', async t => {
  let broken = true;
  const stage = new Stage({mode: 'drill', acts: {b: async () => (broken ? fails() : undefined)}});
  const {steps} = await stage.run([{id: 'a'}, {id: 'b'}, {id: 'c', needs: ['b']}, {id: 'd', needs: ['c']}]);
  t.deepEqual([steps.c?.state, steps.d?.state], ['skipped', 'skipped']);
  t.deepEqual(await retriedSteps(stage.store, 'run', 'b'), ['b', 'c', 'd']);
  t.is((await showRun(stage.store, 'run', stage)).steps[1]?.record.state, 'failed');
  await retryStep(stage.store, 'run', 'b', stage);
  broken = false;
  t.deepEqual(states(await stage.resume()), {a: 'done', b: 'done', c: 'done', d: 'done'});
});

test('what was left out for another step is not tried again before that one', async t => {
  const stage = new Stage({mode: 'drill', acts: {a: fails}});
  await stage.run([{id: 'a'}, {id: 'b', needs: ['a']}, {id: 'c', needs: ['b']}]);
  await t.throwsAsync(retriedSteps(stage.store, 'run', 'c'), {
    instanceOf: RunError,
    code: 'NOT_NOW',
    message: 'Step c is skipped, as a was not done: that comes first',
  });
});

const lanesAsTold = test.macro({
  async exec(t, before: readonly LaneWish[], wish: LaneWish, forRun?: string) {
    const stage = new Stage();
    await stage.run([{id: 'a', kind: 'confirm', args: {text: 'Sure?'}}]);
    await setLane(stage.store, {lane: 'link', places: 7}, stage);
    await setLane(stage.store, {lane: 'disk', places: 5}, stage);
    for (const earlier of before) await setLane(stage.store, earlier, {locks: stage.locks, forRun: 'run'});
    const told = await lanesAfter(stage.store, [wish], {forRun});
    t.deepEqual((await laneLimits(stage.store)).get('disk')?.places, before[0]?.places ?? 5, 'looking sets nothing');
    await setLane(stage.store, wish, {locks: stage.locks, forRun});
    t.deepEqual(Object.fromEntries(told), Object.fromEntries(await laneLimits(stage.store)));
  },
  title: (situation = '') => `limits come out as they were told: ${situation}`,
});
const disk = (places: number | undefined) => ({lane: 'disk', places});
test('set for all', lanesAsTold, [], disk(3));
test('given back to dr.yaml', lanesAsTold, [], disk(undefined));
test('set for a run', lanesAsTold, [], disk(3), 'run');
test('set for a run over what was set for it', lanesAsTold, [disk(2)], disk(3), 'run');
test('what was set for a run taken back', lanesAsTold, [disk(2)], disk(undefined), 'run');
test('nothing that was set for a run taken back', lanesAsTold, [], disk(undefined), 'run');
test('set for all over what was set for a run', lanesAsTold, [disk(2)], disk(3));
test('given back to dr.yaml over what was set for a run', lanesAsTold, [disk(2)], disk(undefined));

test('a retry does not take up again what another failure still stands in the way of', async t => {
  const stage = new Stage({mode: 'drill', acts: {a: fails, b: fails}});
  await stage.run([
    {id: 'a'},
    {id: 'b'},
    {id: 'c', needs: ['a', 'b']},
    {id: 'd', needs: ['c']},
    {id: 'e', needs: ['a']},
  ]);
  t.deepEqual(await retriedSteps(stage.store, 'run', 'a'), ['a', 'e']);
});

test('a limit for a run that has ended is refused beforehand as well', async t => {
  const stage = new Stage();
  await stage.run([{id: 'a'}]);
  const wishes = [{lane: 'disk', places: 1}];
  await t.throwsAsync(lanesAfter(stage.store, wishes, {forRun: 'run'}), {instanceOf: RunError, code: 'NOT_NOW'});
});

test('an answer is none to what is asked later, of another attempt', async t => {
  let looks = 0;
  const stage = new Stage({looks: {a: async () => ({state: 'unknown', why: `answer ${++looks}`})}});
  const first = await stage.run([{id: 'a'}]);
  await answerStep(stage.store, 'run', 'a', 'look', stage);
  await stage.resume();
  const late = answerStep(stage.store, 'run', 'a', 'again', {
    locks: stage.locks,
    clock: stage.clock,
    asked: first.steps.a?.token,
  });
  await t.throwsAsync(late, {instanceOf: RunError, code: 'NOT_NOW', message: /was answered meanwhile/u});
  t.is((await stage.resume()).status, 'waiting');
  t.deepEqual(stage.performed, []);
});

test('an answer that was under way while another one was taken does not begin a step', async t => {
  const stage = new Stage({looks: {a: async () => ({state: 'unknown', why: 'two answers'})}});
  await stage.run([{id: 'a'}]);
  const {store} = stage;
  const taken = Promise.withResolvers<void>();
  const slow: Store = {
    id: store.id,
    read: (sql, args) => store.read(sql, args),
    tx: async act => {
      await taken.promise;
      return store.tx(act);
    },
    version: () => store.version(),
    close: () => store.close(),
  };
  const second = answerStep(slow, 'run', 'a', 'again', stage);
  await answerStep(store, 'run', 'a', 'look', stage);
  await stage.resume();
  taken.resolve();
  await second;
  t.is((await stage.resume()).status, 'waiting');
  t.deepEqual(stage.performed, []);
});
