import {bounded, type Ended} from './bounded.ts';
import type {Clock} from './clock.ts';
import {failureOf} from './failure.ts';
import type {Json} from './json.ts';
import {plainResult} from './plain-result.ts';
import type {Step} from './plan.ts';
import type {DoneHow, Failure} from './run-event.ts';
import type {Found, StepContext, StepKind} from './step-kind.ts';

/** One try at a step. Its intent is on disk before it begins. */
export interface Attempt {
  readonly step: Step;
  readonly nr: number;
  readonly token: number;
  /** An earlier attempt may have left something behind: then a failed look is not a failure but an unknown. */
  readonly mayHaveRun: boolean;
  /** False: it is performed without a look, as a person has said that it can be. */
  readonly lookFirst: boolean;
}

/** How an attempt ended. `failed` and `cancelled` are said only after a look: nothing of it goes on any more. */
export type AttemptOutcome =
  | {readonly status: 'done'; readonly how: DoneHow; readonly result: Json | undefined}
  | {readonly status: 'failed'; readonly error: Failure; readonly retryable: boolean}
  | {readonly status: 'cancelled'}
  | {readonly status: 'unknown'; readonly why: string; readonly evidence: Json};

export interface AttemptTimes {
  readonly clock: Clock;
  readonly inspectMs: number;
  readonly graceMs: number;
  /** Between two looks at something that goes on without us. */
  readonly pollMs: number;
}

export interface AttemptAct<Context> {
  readonly kind: StepKind<object, Context>;
  /** The caller's context and the engine's, for one call. */
  readonly context: (signal: AbortSignal) => Context & StepContext;
  readonly signal: AbortSignal;
  readonly times: AttemptTimes;
  /** Called before the step is performed. Not before a look, nor before something underway is taken up. */
  readonly begins?: () => Promise<void>;
}

/** Looks, performs if nothing is there, and looks again when that did not end well. Never rejects. */
export async function runAttempt<Context>(attempt: Attempt, act: AttemptAct<Context>): Promise<AttemptOutcome> {
  const {step, mayHaveRun, lookFirst} = attempt;
  const {kind, context, signal, times} = act;
  if (signal.aborted && !mayHaveRun) return {status: 'cancelled'};
  if (lookFirst) {
    const found = await look(attempt, act);
    if ('failure' in found) {
      if (signal.aborted && !mayHaveRun) return {status: 'cancelled'};
      return mayHaveRun ? lookFailed(found.failure) : {status: 'failed', error: found.failure, retryable: true};
    }
    if (found.state === 'underway') return follow(attempt, act, found);
    if (found.state !== 'pending') return told(found);
  }
  if (!signal.aborted) await act.begins?.();
  if (signal.aborted) return {status: 'cancelled'};
  const performed = await bounded(async inner => kind.perform(step.args, context(inner)), {
    ...times,
    signal,
    timeoutMs: step.timeoutMs,
  });
  return afterwards(attempt, act, performed, 'performed');
}

/** What an act came to: its own word when it returned, what can be seen otherwise. */
async function afterwards<Context>(
  attempt: Attempt,
  act: AttemptAct<Context>,
  ended: Ended<unknown>,
  how: DoneHow,
): Promise<AttemptOutcome> {
  if (ended.how === 'returned') return {status: 'done', how, result: plainResult(ended.value)};
  const failure = failureOf(ended.error);
  const found = await look(attempt, act);
  if ('failure' in found) return lookFailed(found.failure, failure);
  if (found.state === 'done') return told(found);
  if (found.state === 'unknown') {
    return {status: 'unknown', why: `${found.why} (after: ${failure.message})`, evidence: plain(found)};
  }
  if (found.state === 'underway') {
    // Only the word of it was lost. But when it was told to end and goes on, nobody here can say whether it will.
    if (!act.signal.aborted) return watch(attempt, act, found);
    return {status: 'unknown', why: 'it goes on though it was cancelled', evidence: plain(found)};
  }
  if (ended.how === 'hung') {
    const why = `it was told to end and does not (${failure.message}); so far nothing of it can be seen`;
    return {status: 'unknown', why, evidence: plain(found)};
  }
  if (act.signal.aborted) return {status: 'cancelled'};
  return {status: 'failed', error: failure, retryable: act.kind.retryable?.(ended.error) ?? true};
}

/** Takes up something that goes on without us. */
async function follow<Context>(
  attempt: Attempt,
  act: AttemptAct<Context>,
  underway: Found & {state: 'underway'},
): Promise<AttemptOutcome> {
  const {kind, context, signal, times} = act;
  if (!kind.attach) return watch(attempt, act, underway);
  const bounds = {...times, signal, timeoutMs: attempt.step.timeoutMs};
  const attached = await bounded(async inner => kind.attach?.(attempt.step.args, context(inner), underway), bounds);
  return afterwards(attempt, act, attached, 'attached');
}

/** Looks again and again until it has ended, by itself or because its time is up and it was told to. */
async function watch<Context>(
  attempt: Attempt,
  act: AttemptAct<Context>,
  underway: Found & {state: 'underway'},
): Promise<AttemptOutcome> {
  const {signal, times} = act;
  const watched = await bounded(
    async inner => {
      for (;;) {
        await times.clock.sleep(times.pollMs, {signal: inner});
        const found = await look(attempt, act);
        if ('failure' in found || found.state !== 'underway') return found;
      }
    },
    {...times, signal, timeoutMs: attempt.step.timeoutMs},
  );
  if (watched.how !== 'returned') {
    const why = `it still goes on (${failureOf(watched.error).message})`;
    return {status: 'unknown', why, evidence: plain(underway)};
  }
  const found = watched.value;
  if ('failure' in found) return lookFailed(found.failure);
  if (found.state !== 'pending') return told(found);
  const message = 'It went on without us, and ended without having been done';
  return {status: 'failed', error: {message}, retryable: true};
}

export type Look = Found | {readonly failure: Failure};

/** One look, under its own time limit: it must be possible after a cancel too. */
export async function look<Context>(
  {step}: Pick<Attempt, 'step'>,
  {kind, context, times}: Omit<AttemptAct<Context>, 'signal'>,
): Promise<Look> {
  const ended = await bounded(async inner => kind.inspect(step.args, context(inner)), {
    ...times,
    timeoutMs: times.inspectMs,
  });
  return ended.how === 'returned' ? ended.value : {failure: failureOf(ended.error)};
}

function told(found: Found): AttemptOutcome {
  if (found.state === 'done') return {status: 'done', how: 'found', result: plainResult(found.result)};
  const why = found.state === 'unknown' ? found.why : `found ${found.state}`;
  return {status: 'unknown', why, evidence: plain(found)};
}

function lookFailed(failure: Failure, before?: Failure): AttemptOutcome {
  const why = before
    ? `${before.message}; and looking failed: ${failure.message}`
    : `looking failed: ${failure.message}`;
  return {status: 'unknown', why, evidence: plain({look: failure, ...(before && {before})})};
}

function plain(value: unknown): Json {
  return plainResult(value) ?? null;
}
