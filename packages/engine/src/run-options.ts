import {hostname} from 'node:os';

import type {AutomaticLane} from './adapt-lanes.ts';
import {type Clock, realClock} from './clock.ts';
import type {StepRecord} from './board.ts';
import type {OpenDispatch} from './dispatch.ts';
import {localDispatch} from './local-dispatch.ts';
import {kernelLocks, type RunLocks} from './run-lock.ts';
import type {LiveEvent, RunEvent, RunStatus} from './run-event.ts';
import type {StepContext, StepKind} from './step-kind.ts';
import type {Store} from './store.ts';

export interface RunOptions<Context> {
  readonly store: Store;
  readonly kinds: ReadonlyArray<StepKind<object, Context & StepContext>>;
  /** Handed to every step, beside what the engine adds. */
  readonly context: Context;
  /** Places by lane; a lane that is not named has `placesDefault` (2). */
  readonly lanes?: Readonly<Record<string, number>>;
  readonly placesDefault?: number;
  /** Lanes whose places are found while the run goes on. */
  readonly automatic?: readonly AutomaticLane[];
  /** Steps at once, whatever their lanes. */
  readonly parallel?: number;
  /** The folder in which every run gets its own, named like the run. Without it a run leaves no files. */
  readonly runsFolder?: string;
  /** Kept out of all that is written. */
  readonly secrets?: readonly string[];
  /** Aborts: start nothing new, let what runs end. The first Ctrl-C. */
  readonly stop?: AbortSignal;
  /** Aborts: end what runs as well. The second Ctrl-C. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: RunEvent | LiveEvent) => void;
  /** When only a person's answer can bring the run on: `return` it as `waiting` (default), or `wait` for the answer. */
  readonly whenWaiting?: 'return' | 'wait';
  /** Names this controller. Default: host and process. */
  readonly controller?: string;
  /** How attempts reach whoever performs them. Default: this process performs them. */
  readonly dispatch?: OpenDispatch;
  readonly clock?: Clock;
  readonly locks?: RunLocks;
  readonly times?: Partial<RunTimes>;
}

export interface RunTimes {
  /** For one look. */
  readonly inspectMs: number;
  /** For an act to end after it was told to. */
  readonly graceMs: number;
  /** Between two looks at what goes on without us. */
  readonly pollMs: number;
  /** Between two looks into the store for what others did there. */
  readonly idleMs: number;
  /** Between two writings of progress. */
  readonly progressMs: number;
  /** Before the next try at a store or folder that cannot be written. */
  readonly pausedMs: number;
  /** Between two looks at lanes that find their own places. */
  readonly adaptMs: number;
}

const runTimes: RunTimes = {
  inspectMs: 60_000,
  graceMs: 30_000,
  pollMs: 2000,
  idleMs: 500,
  progressMs: 1000,
  pausedMs: 1000,
  adaptMs: 400,
};

export interface RunOutcome {
  readonly run: string;
  readonly status: RunStatus;
  readonly counts: Readonly<Record<string, number>>;
  readonly steps: Readonly<Record<string, StepRecord>>;
  /** Where its files are. */
  readonly folder: string | undefined;
}

/** The options with nothing left open. */
export function settledOptions<Context>(options: RunOptions<Context>) {
  return {
    ...options,
    clock: options.clock ?? realClock,
    locks: options.locks ?? kernelLocks,
    times: {...runTimes, ...options.times},
    dispatch: options.dispatch ?? localDispatch,
    controller: options.controller ?? `${hostname()}:${process.pid}`,
    lanes: options.lanes ?? {},
    automatic: options.automatic ?? [],
    placesDefault: options.placesDefault ?? 2,
    parallel: options.parallel ?? Number.POSITIVE_INFINITY,
    whenWaiting: options.whenWaiting ?? 'return',
  };
}

export type SettledOptions<Context> = ReturnType<typeof settledOptions<Context>>;
