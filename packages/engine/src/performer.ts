import {runAttempt, type Attempt} from './attempt.ts';
import type {Perform} from './dispatch.ts';
import type {Json} from './json.ts';
import type {Redaction} from './redaction.ts';
import type {SettledOptions} from './run-options.ts';
import {runStanding} from './run-standing.ts';
import type {Progress, StepContext, StepKind} from './step-kind.ts';

export type Kinds<Context> = ReadonlyMap<string, StepKind<object, Context & StepContext>>;

export interface PerformerParts<Context> {
  readonly run: string;
  /** Names the controller, with the epoch of the run. */
  readonly controller: string;
  readonly options: SettledOptions<Context>;
  readonly kinds: Kinds<Context>;
  readonly redaction: Redaction;
  readonly resultOf: (step: string) => Json | undefined;
  /** What an attempt tells on its way, secrets already out of it. */
  readonly onProgress: (attempt: Attempt, progress: Progress) => void;
  readonly onLog: (attempt: Attempt, line: string) => void;
  readonly onEased: (attempt: Attempt) => void;
  /** Called before an attempt performs its step: that begins when this is over. */
  readonly onBegin: (attempt: Attempt) => Promise<void>;
}

/** Performs attempts in this process: with the kinds known here, the caller's context, and what the engine adds to it. */
export function performer<Context>(parts: PerformerParts<Context>): Perform {
  const {options, kinds, redaction} = parts;
  const {clock, times} = options;
  return async (attempt, signal) => {
    const kind = kinds.get(attempt.step.kind);
    if (!kind) throw new TypeError(`No kind ${attempt.step.kind}`);
    const learned = new Set<string>();
    const context = (inner: AbortSignal) => ({...options.context, ...contextOf(parts, attempt, inner), learned});
    const begins = () => parts.onBegin(attempt);
    return redaction.plain(await runAttempt(attempt, {kind, context, signal, begins, times: {...times, clock}}));
  };
}

/** What the engine adds to the caller's context for one call, beside what the attempt keeps from call to call. */
export function contextOf<Context>(
  {
    run,
    controller,
    options: {store, locks},
    redaction,
    resultOf,
    onProgress,
    onLog,
    onEased,
  }: Omit<PerformerParts<Context>, 'kinds' | 'onBegin'>,
  attempt: Attempt,
  signal: AbortSignal,
): Omit<StepContext, 'learned'> {
  return {
    run,
    step: attempt.step.id,
    attempt: attempt.nr,
    token: attempt.token,
    controller,
    signal,
    progress: progress => onProgress(attempt, redaction.plain(progress)),
    log: line => onLog(attempt, redaction.text(line)),
    easeLanes: () => onEased(attempt),
    secret: value => {
      redaction.add(value);
      return value;
    },
    resultOf,
    standingOf: other => runStanding(store, other, {locks}),
  };
}
