import test from 'ava';

import {type Attempt, runAttempt} from '../src/attempt.ts';
import {answerStep, type Found, type StepContext, type StepKind} from '../src/index.ts';
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

interface Once {
  readonly looks: ReadonlyArray<Found | Error>;
  readonly perform?: (signal: AbortSignal) => Promise<unknown>;
  readonly attach?: (signal: AbortSignal) => Promise<unknown>;
  readonly attempt?: Partial<Attempt>;
  readonly abort?: AbortController;
  readonly timeoutMs?: number;
  readonly onLook?: () => void;
}

/** One try at a step, of which so many looks see what they are told; the last one's sight stays. */
async function once({looks, perform, attach, attempt = {}, abort = new AbortController(), timeoutMs, onLook}: Once) {
  const stage = new Stage();
  const [step] = stage.plan([{id: 'a', ...(timeoutMs !== undefined && {timeoutMs})}]).steps;
  if (!step) throw new Error('no step');
  const seen: string[] = [];
  const kind: StepKind<object, {signal: AbortSignal}> = {
    kind: 'do',
    inspect: async () => {
      const found = looks[Math.min(seen.filter(what => what === 'look').length, looks.length - 1)] ?? {
        state: 'pending',
      };
      seen.push('look');
      onLook?.();
      if (found instanceof Error) throw found;
      return found;
    },
    perform: async (_args, {signal}) => {
      seen.push('perform');
      return perform?.(signal);
    },
    ...(attach && {
      attach: async (_args: object, {signal}: {signal: AbortSignal}) => {
        seen.push('attach');
        return attach(signal);
      },
    }),
  };
  const outcome = runAttempt(
    {step, nr: 1, token: 1, mayHaveRun: false, lookFirst: true, ...attempt},
    {
      kind,
      context: signal => ({...idle, signal}),
      signal: abort.signal,
      times: {clock: stage.clock, inspectMs: 1000, graceMs: 1000, pollMs: 100},
      begins: async () => void seen.push('begins'),
    },
  );
  return {...(await stage.clock.drive(outcome)), seen: seen.join(' ')};
}

const idle: StepContext = {
  run: 'run',
  step: 'a',
  attempt: 1,
  token: 1,
  controller: 'test',
  signal: new AbortController().signal,
  progress() {},
  easeLanes() {},
  learned: new Set(),
  log() {},
  secret: value => value,
  resultOf: () => undefined,
  standingOf: () => Promise.resolve('unknown'),
};
const pending = {state: 'pending'} as const;
const underway = {state: 'underway'} as const;
const unknown = {state: 'unknown', why: 'both have it'} as const;
const blind = new Error('no answer');

function aborted(): AbortController {
  const abort = new AbortController();
  abort.abort(new Error('enough'));
  return abort;
}

test('an attempt that is aborted before it began is not even looked at, unless an earlier one may have left something', async t => {
  t.like(await once({looks: [pending], abort: aborted()}), {status: 'cancelled', seen: ''});
  const attempt = {mayHaveRun: true};
  t.like(await once({looks: [pending], abort: aborted(), attempt}), {status: 'cancelled', seen: 'look'});
  t.like(await once({looks: [{state: 'done'}], abort: aborted(), attempt}), {status: 'done', seen: 'look'});
});

test('an abort during the look keeps the act from being performed', async t => {
  for (const found of [pending, blind]) {
    const abort = new AbortController();
    const outcome = await once({looks: [found], abort, onLook: () => abort.abort(new Error('enough'))});
    t.like(outcome, {status: 'cancelled', seen: 'look'});
  }
});

test('what a person has said can be performed is performed without a look', async t => {
  const attempt = {mayHaveRun: true, lookFirst: false};
  t.like(await once({looks: [unknown], attempt}), {status: 'done', how: 'performed', seen: 'begins perform'});
});

test('a look that fails is a failure where nothing can have run, and else an unknown', async t => {
  t.like(await once({looks: [blind]}), {
    status: 'failed',
    retryable: true,
    error: {message: 'no answer'},
    seen: 'look',
  });
  t.like(await once({looks: [blind], attempt: {mayHaveRun: true}}), {
    status: 'unknown',
    why: 'looking failed: no answer',
    seen: 'look',
  });
});

test('an act that failed is judged by what is seen then', async t => {
  const after = (found: Found | Error) =>
    once({
      looks: [pending, found],
      perform: fails,
    });
  t.like(await after(pending), {status: 'failed', error: {message: 'it broke'}, retryable: true});
  t.like(await after({state: 'done', result: 5}), {status: 'done', how: 'found', result: 5});
  t.like(await after(unknown), {status: 'unknown', why: 'both have it (after: it broke)'});
  t.like(await after(blind), {status: 'unknown', why: 'it broke; and looking failed: no answer'});
});

test('an act that was told to end is cancelled when nothing of it is left, and an unknown when it goes on', async t => {
  const ending = (found: Found) => {
    const abort = new AbortController();
    const perform = async () => {
      abort.abort(new Error('enough'));
      throw new Error('ended');
    };
    return once({looks: [pending, found], abort, perform});
  };
  t.like(await ending(pending), {status: 'cancelled'});
  t.like(await ending(underway), {status: 'unknown', why: 'it goes on though it was cancelled'});
  t.like(await ending({state: 'done'}), {status: 'done'});
});

test('an act whose word was lost while it goes on is watched to its end', async t => {
  const watched = (...looks: ReadonlyArray<Found | Error>) =>
    once({looks: [pending, underway, ...looks], perform: fails});
  t.like(await watched(underway, {state: 'done', result: 5}), {status: 'done', how: 'found', result: 5});
  t.like(await watched(pending), {
    status: 'failed',
    retryable: true,
    error: {message: 'It went on without us, and ended without having been done'},
  });
  t.like(await watched(unknown), {status: 'unknown', why: 'both have it'});
  t.like(await watched(blind), {status: 'unknown', why: 'looking failed: no answer'});
});

test('what is watched and takes too long is an unknown, and so is what an abort does not end', async t => {
  t.like(await once({looks: [underway], timeoutMs: 5000}), {
    status: 'unknown',
    why: 'it still goes on (Not done within 5000 ms)',
    evidence: {state: 'underway'},
  });
  t.like(await once({looks: [underway], abort: aborted(), attempt: {mayHaveRun: true}}), {status: 'unknown'});
});

test('what goes on is attached to, and judged like an act of our own', async t => {
  t.like(await once({looks: [underway], attach: async () => 5}), {status: 'done', how: 'attached', result: 5});
  t.like(await once({looks: [underway, pending], attach: fails}), {status: 'failed', seen: 'look attach look'});
});

test('an act that does not end though it is told to is an unknown, whatever little can be seen of it', async t => {
  t.like(await once({looks: [pending], perform: () => new Promise(() => {}), timeoutMs: 5000}), {
    status: 'unknown',
    why: 'it was told to end and does not (Not done within 5000 ms); so far nothing of it can be seen',
  });
});

test('what cannot be told is no reason to act', async t => {
  t.like(await once({looks: [unknown]}), {status: 'unknown', why: 'both have it', seen: 'look'});
});
