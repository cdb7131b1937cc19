import test from 'ava';

import {answerStep} from '../src/index.ts';
import {fails, Stage, states, untilAborted} from './fixtures/stage.ts';

test('a failing step is tried again, each time later, with a larger token', async t => {
  const seen: Array<{token: number; atMs: number}> = [];
  const stage = new Stage({
    acts: {
      a: async ({token, attempt}) => {
        seen.push({token, atMs: stage.clock.now()});
        if (attempt < 3) throw new Error('not yet');
      },
    },
  });
  const outcome = await stage.run([{id: 'a', retries: {max: 2, backoffMs: 1000}}]);
  t.is(outcome.status, 'done');
  t.deepEqual(
    seen.map(({atMs}) => atMs - (seen[0]?.atMs ?? 0)),
    [0, 1000, 3000],
  );
  t.deepEqual(
    seen.map(({token}) => token),
    [1, 2, 3],
  );
});

test('an error that nothing can mend is not tried again', async t => {
  const stage = new Stage({acts: {a: fails}});
  const kind = {...stage.kind, retryable: () => false};
  const outcome = await stage.run([{id: 'a', retries: {max: 5, backoffMs: 1}}], {kinds: [kind]});
  t.is(outcome.steps.a?.attempt, 1);
});

test('a step that takes too long is told to end', async t => {
  const stage = new Stage({acts: {a: untilAborted}});
  const {steps} = await stage.run([{id: 'a', timeoutMs: 5000}]);
  t.is(steps.a?.error?.message, 'Not done within 5000 ms');
});

test('a step that does not even end then waits for a person, and keeps its lanes', async t => {
  const stage = new Stage({acts: {a: () => new Promise(() => undefined)}});
  const outcome = await stage.run([{id: 'a', timeoutMs: 5000, args: {lanes: {disk: 1}}}]);
  t.is(outcome.status, 'waiting');
  t.is(outcome.steps.a?.question?.ask, 'settle');
  t.is((await stage.store.read('SELECT * FROM hold')).length, 1);
});

test('an act whose word was lost counts as done when it is seen to be', async t => {
  let there = false;
  const stage = new Stage({
    looks: {a: async () => ({state: there ? 'done' : 'pending'})},
    acts: {
      a: async () => {
        there = true;
        throw new Error('connection reset');
      },
    },
  });
  const outcome = await stage.run([{id: 'a'}]);
  t.is(outcome.status, 'done');
  t.true(stage.events.some(event => event.type === 'step-done' && event.how === 'found'));
});

test('what goes on without us is watched to its end', async t => {
  const stage = new Stage({
    looks: {a: async () => ({state: stage.clock.now() < startMs + 60_000 ? 'underway' : 'done'})},
  });
  const startMs = stage.clock.now();
  const outcome = await stage.run([{id: 'a'}]);
  t.is(outcome.status, 'done');
  t.deepEqual(stage.performed, []);
});

test('what goes on without us is attached to when its kind can', async t => {
  const stage = new Stage({looks: {a: async () => ({state: 'underway', detail: {job: 7}})}});
  const kind = {
    ...stage.kind,
    attach: async (_args: object, _context: object, found: {detail?: unknown}) => found.detail,
  };
  const {steps} = await stage.run([{id: 'a'}], {kinds: [kind]});
  t.deepEqual(steps.a?.result, {job: 7});
});

test('what cannot be told is asked, and goes on with the answer', async t => {
  let clear = false;
  const stage = new Stage({
    looks: {
      a: async () => (clear ? {state: 'done'} : {state: 'unknown', why: 'both hosts have it', evidence: {hosts: 2}}),
    },
  });
  const first = await stage.run([{id: 'a'}, {id: 'b', needs: ['a']}]);
  t.is(first.status, 'waiting');
  const question = first.steps.a?.question;
  t.like(question, {ask: 'settle'});
  t.deepEqual(question?.ask === 'settle' && question.evidence, {
    state: 'unknown',
    why: 'both hosts have it',
    evidence: {hosts: 2},
  });
  clear = true;
  await answerStep(stage.store, 'run', 'a', 'look', {locks: stage.locks});
  const second = await stage.resume();
  t.deepEqual(states(second), {a: 'done', b: 'done'});
  t.deepEqual(stage.performed, ['b']);
});

test('a step that gave its lanes back and is begun again by an answer holds them again', async t => {
  const held: string[] = [];
  const stage = new Stage({
    acts: {
      a: async context => {
        held.push((await stage.store.read('SELECT lane FROM hold')).map(({lane}) => String(lane)).join());
        if (context.attempt > 1) return;
        context.easeLanes();
        await stage.clock.sleep(1000);
        throw new Error('the line went dead');
      },
    },
    looks: {
      a: async ({attempt}) =>
        attempt === 1 && stage.performed.length > 0
          ? {state: 'unknown', why: 'nobody answers', evidence: {}}
          : {state: 'pending'},
    },
  });
  const first = await stage.run([{id: 'a', args: {lanes: {disk: 1}}}]);
  t.is(first.status, 'waiting');
  t.deepEqual(await stage.store.read('SELECT * FROM hold'), []);
  await answerStep(stage.store, 'run', 'a', 'again', {locks: stage.locks});
  const second = await stage.resume();
  t.is(second.status, 'done');
  t.deepEqual(held, ['disk', 'disk']);
  t.deepEqual(await stage.store.read('SELECT * FROM hold'), []);
});

test('what an attempt has learned its own later look knows, and that of no other attempt', async t => {
  const known: Array<[attempt: number, learned: string[]]> = [];
  const stage = new Stage({
    acts: {
      a: ({learned, attempt}) => {
        learned.add(`by ${attempt}`);
        return fails();
      },
    },
    looks: {
      a: async ({learned, attempt}) => {
        known.push([attempt, [...learned]]);
        return {state: 'pending'};
      },
    },
  });
  await stage.run([{id: 'a', retries: {max: 1, backoffMs: 1}}]);
  t.deepEqual(known, [
    [1, []],
    [1, ['by 1']],
    [2, []],
    [2, ['by 2']],
  ]);
});
