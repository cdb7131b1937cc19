import test from 'ava';

import {answerStep, PlanError, retryStep, type Store} from '../src/index.ts';
import {fails, Stage, states, untilAborted} from './fixtures/stage.ts';

test('steps run after what they require', async t => {
  const stage = new Stage();
  const outcome = await stage.run([{id: 'c', needs: ['b']}, {id: 'b', needs: ['a']}, {id: 'a'}]);
  t.is(outcome.status, 'done');
  t.deepEqual(stage.performed, ['a', 'b', 'c']);
});

test('what is done already is not performed', async t => {
  const stage = new Stage({looks: {a: async () => ({state: 'done', result: 'was there'})}});
  const {steps} = await stage.run([{id: 'a'}]);
  t.deepEqual(stage.performed, []);
  t.is(steps.a?.result, 'was there');
});

test('a planned run halts at the first error, and leaves the rest as it was', async t => {
  const stage = new Stage({acts: {a: fails}});
  const outcome = await stage.run([
    {id: 'a'},
    {id: 'b', needs: ['a']},
    {id: 'c', needs: [{step: 'a', need: 'prefer'}]},
  ]);
  t.is(outcome.status, 'failed');
  t.deepEqual(states(outcome), {a: 'failed', b: 'pending', c: 'pending'});
});

test('a disaster run goes on with all that does not depend on what failed', async t => {
  const stage = new Stage({mode: 'disaster', acts: {a: fails}});
  const steps = [{id: 'a'}, {id: 'b', needs: ['a']}, {id: 'c', needs: ['b']}, {id: 'd'}];
  const outcome = await stage.run([...steps, {id: 'e', needs: [{step: 'b', need: 'prefer' as const}]}]);
  t.deepEqual(states(outcome), {a: 'failed', b: 'skipped', c: 'skipped', d: 'done', e: 'done'});
});

test('a failure that is planned to continue does not hold up what requires it', async t => {
  const stage = new Stage({acts: {a: fails}});
  const outcome = await stage.run([
    {id: 'a', onFailure: 'continue'},
    {id: 'b', needs: ['a']},
  ]);
  t.deepEqual(states(outcome), {a: 'failed', b: 'done'});
  t.is(outcome.status, 'failed');
});

test('lanes keep apart what wants the same places', async t => {
  let running = 0;
  let most = 0;
  const act = async () => {
    most = Math.max(most, ++running);
    await stage.clock.sleep(1000);
    running--;
  };
  const stage = new Stage({acts: {a: act, b: act, c: act}});
  const steps = ['a', 'b', 'c'].map(id => ({id, args: {lanes: {disk: 1}}}));
  await stage.run(steps, {lanes: {disk: 2}});
  t.is(most, 2);
});

test('no more steps run at once than was asked for', async t => {
  let running = 0;
  let most = 0;
  const act = async () => {
    most = Math.max(most, ++running);
    await stage.clock.sleep(1000);
    running--;
  };
  const stage = new Stage({acts: {a: act, b: act, c: act}});
  await stage.run([{id: 'a'}, {id: 'b'}, {id: 'c'}], {parallel: 1});
  t.is(most, 1);
});

test('the first stop lets running steps end and starts none, and the run can be resumed', async t => {
  const stop = new AbortController();
  const stage = new Stage({
    acts: {
      a: async () => {
        stop.abort();
        await stage.clock.sleep(1000);
      },
    },
  });
  const outcome = await stage.run([{id: 'a'}, {id: 'b', needs: ['a']}], {stop: stop.signal});
  t.is(outcome.status, 'stopped');
  t.deepEqual(states(outcome), {a: 'done', b: 'pending'});
  t.is((await stage.resume()).status, 'done');
});

test('an abort ends running steps, which are quiet then and taken up again by a resume', async t => {
  const abort = new AbortController();
  const stage = new Stage({
    acts: {
      a: async context => {
        if (context.attempt > 1) return;
        abort.abort();
        await untilAborted(context);
      },
    },
  });
  const outcome = await stage.run([{id: 'a'}], {signal: abort.signal});
  t.deepEqual([outcome.status, outcome.steps.a?.state], ['stopped', 'cancelled']);
  t.deepEqual(await stage.store.read('SELECT * FROM hold'), []);
  t.is((await stage.resume()).status, 'done');
});

test('a failed step can be retried, and what was skipped for it', async t => {
  let mended = false;
  const stage = new Stage({
    mode: 'disaster',
    acts: {
      a: async () => {
        if (!mended) throw new Error('not yet');
      },
    },
  });
  t.deepEqual(states(await stage.run([{id: 'a'}, {id: 'b', needs: ['a']}])), {a: 'failed', b: 'skipped'});
  mended = true;
  await retryStep(stage.store, 'run', 'a', {locks: stage.locks});
  t.deepEqual(states(await stage.resume()), {a: 'done', b: 'done'});
});

test('a later step can see the result of an earlier one', async t => {
  const stage = new Stage({acts: {a: async () => ({port: 49_152}), b: async ({resultOf}) => resultOf('a')}});
  const {steps} = await stage.run([{id: 'a'}, {id: 'b', needs: ['a']}]);
  t.deepEqual(steps.b?.result, {port: 49_152});
});

test('a plan with a kind that is not known here is not begun', async t => {
  const stage = new Stage();
  await t.throwsAsync(stage.run([{id: 'a'}], {kinds: []}), {instanceOf: PlanError, code: 'UNKNOWN_KIND'});
});

test('a watcher that throws does not bring the run down', async t => {
  const stage = new Stage();
  const warned = new Promise(resolve => process.once('warning', resolve));
  const outcome = await stage.run([{id: 'a'}], {
    onEvent: () => {
      throw new Error('the display broke');
    },
  });
  t.is(outcome.status, 'done');
  t.like(await warned, {message: 'the display broke'});
});

test('a step that no longer burdens its lanes lets the next one in before it has ended', async t => {
  const nextRan = Promise.withResolvers<void>();
  const stage = new Stage({
    acts: {
      a: async ({easeLanes}) => {
        easeLanes();
        easeLanes();
        await nextRan.promise;
        easeLanes();
      },
      b: async () => nextRan.resolve(),
    },
  });
  const steps = ['a', 'b'].map(id => ({id, args: {lanes: {disk: 1}}}));
  const outcome = await stage.run(steps, {lanes: {disk: 1}});
  t.deepEqual(states(outcome), {a: 'done', b: 'done'});
  const eased = stage.events.filter(({type}) => type === 'lanes-eased');
  t.like(eased, {length: 1, 0: {step: 'a', lanes: [{lane: 'disk', places: 1}]}});
});

test('a step that takes its places anew, by an answer, leaves none of them to the next one', async t => {
  let running = 0;
  let most = 0;
  const act = async () => {
    most = Math.max(most, ++running);
    await stage.clock.sleep(10_000);
    running--;
  };
  let broken = true;
  const stage = new Stage({
    acts: {
      a: async ({easeLanes}) => {
        if (!broken) return act();
        easeLanes();
        await stage.clock.sleep(1000);
        throw new Error('connection lost');
      },
      b: act,
    },
    looks: {
      a: async ({attempt}) =>
        broken && stage.performed.length > 0 ? {state: 'unknown', why: `attempt ${attempt}`} : {state: 'pending'},
    },
  });
  const steps = [
    {id: 'a', args: {lanes: {disk: 1}}},
    {id: 'sure', kind: 'confirm', args: {text: 'Sure?'}},
    {id: 'b', args: {lanes: {disk: 1}}, needs: ['sure']},
  ];
  t.is((await stage.run(steps, {lanes: {disk: 1}})).status, 'waiting');
  broken = false;
  await answerStep(stage.store, 'run', 'a', 'again', stage);
  await answerStep(stage.store, 'run', 'sure', 'yes', stage);
  t.is((await stage.resume({lanes: {disk: 1}})).status, 'done');
  t.is(most, 1);
});

test('a retry comes in its time also when the clock is set back meanwhile', async t => {
  let offMs = 0;
  const stage: Stage = new Stage({acts: {a: async ({attempt}) => (attempt === 1 ? fails() : undefined)}});
  const startMs = stage.clock.now();
  const clock = {
    now: () => stage.clock.now() + offMs,
    sleep: stage.clock.sleep.bind(stage.clock),
    later: stage.clock.later.bind(stage.clock),
  };
  const {status} = await stage.run([{id: 'a', retries: {max: 1, backoffMs: 1000}}], {
    clock,
    onEvent: ({type}) => {
      if (type === 'step-retrying') offMs = -86_400_000;
    },
  });
  t.is(status, 'done');
  t.true(stage.clock.now() - startMs < 300_000);
});

test('a step may be tried again thousands of times without a pause', async t => {
  const stage = new Stage({acts: {a: async ({attempt}) => (attempt < 1100 ? fails() : undefined)}});
  const {status, steps} = await stage.run([{id: 'a', retries: {max: 2000, backoffMs: 0}}]);
  t.deepEqual([status, steps.a?.attempt], ['done', 1100]);
});

test('a store that cannot be read for a moment ends no run', async t => {
  const stage: Stage = new Stage({acts: {a: async () => stage.clock.sleep(10_000)}});
  const {store} = stage;
  let inTx = false;
  const shaky: Store = {
    id: store.id,
    read: (sql, args) => store.read(sql, args),
    tx: act => {
      inTx = true;
      return store.tx(act).finally(() => (inTx = false));
    },
    version: () => (inTx ? store.version() : Promise.reject(new Error('disk I/O error'))),
    close: () => store.close(),
  };
  t.is((await stage.run([{id: 'a'}], {store: shaky})).status, 'done');
});
