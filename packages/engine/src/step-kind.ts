import type {LanePlaces} from '@dr-toolkit/lanes';

import type {Json} from './json.ts';
import type {Question} from './question.ts';
import type {RunStanding} from './run-standing.ts';

/** What `inspect` saw. It asks reality, never the journal. */
export type Found =
  /** The step's change is there. */
  | {readonly state: 'done'; readonly result?: Json}
  /** Nothing of it is there, nothing of it goes on: it can be performed. */
  | {readonly state: 'pending'}
  /** It goes on without us. It is attached to, or looked at again until it has ended. */
  | {readonly state: 'underway'; readonly text?: string; readonly detail?: Json}
  /** Neither can be said. A person decides; nothing is guessed. */
  | {readonly state: 'unknown'; readonly why: string; readonly evidence?: Json};

/** How far a step has come. All of it is optional; sizes in bytes, `fraction` from 0 to 1. */
export interface Progress {
  readonly fraction?: number;
  readonly bytesDone?: number;
  readonly bytesTotal?: number;
  readonly bytesPerSecond?: number;
  readonly text?: string;
}

/** What the engine hands to every act, beside the caller's own context. */
export interface StepContext {
  readonly run: string;
  readonly step: string;
  /** 1 at the first attempt. */
  readonly attempt: number;
  /**
   * Grows with every attempt of any step in this store. Write it where the act takes effect (a domain's metadata), and
   * refuse to act there when a larger one stands: that keeps a frozen controller's late command out.
   */
  readonly token: number;
  /** Names the controller: host, process, epoch of the run. */
  readonly controller: string;
  /** Aborts when the step's time is up or the operator aborts. End what was begun, then reject. */
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
  /**
   * Gives the step's places on its lanes back before it ends: what is left of it is no burden to them. Call it once the
   * heavy part is over for good; another attempt takes its places anew.
   */
  readonly easeLanes: () => void;
  /**
   * What this attempt has found out and its own later looks are to know. It goes with the attempt: another one, and
   * whoever resumes the run, looks for itself.
   */
  readonly learned: Set<string>;
  /** A line for the step's own log. */
  readonly log: (line: string) => void;
  /** Keeps a value out of journal, logs and store from now on; returns it. */
  readonly secret: (value: string) => string;
  /** The result of a step that has ended well, undefined otherwise. */
  readonly resultOf: (step: string) => Json | undefined;
  /** Whether a run that left word of itself somewhere is at work: this store's runs by their locks, others are unknown. */
  readonly standingOf: (run: string) => Promise<RunStanding>;
}

/** How a kind of step is done. `Context` is the caller's: the engine only passes it on. */
export interface StepActs<Args, Context> {
  /** Takes the arguments from outside (a plan in a file) and returns them checked. Zod schemas fit. */
  readonly args?: {parse(value: unknown): Args};
  /** What it holds while it runs. All of it is held, or the step has not begun. */
  lanes?(args: Args): readonly LanePlaces[];
  /** Looks before every act, and again after one that failed. Must not change anything. */
  inspect(args: Args, context: Context & StepContext): Promise<Found>;
  /** Makes the change. What it returns is kept as the step's result: plain data. */
  perform(args: Args, context: Context & StepContext): Promise<unknown>;
  /** Goes on with an act found underway, as `perform` would have. Without it the engine looks again until it has ended. */
  attach?(args: Args, context: Context & StepContext, found: Found & {state: 'underway'}): Promise<unknown>;
  /** Takes a finished step back. */
  undo?(args: Args, context: Context & StepContext): Promise<unknown>;
  /** Looks before an undo. Default: `inspect`, turned round. Needed where the step's trace names its run. */
  inspectUndo?(args: Args, context: Context & StepContext): Promise<Found>;
  /** False for an error that another attempt cannot mend. */
  retryable?(error: unknown): boolean;
}

export interface StepKind<Args = object, Context = object> extends StepActs<Args, Context> {
  readonly kind: string;
  /** A step that a person performs: what is asked of them. */
  ask?(args: Args): Question;
}

/**
 * A kind of step, for the `kinds` of a run.
 *
 * @example defineStep<{path: string}, {hosts: Hosts}>('remove-file', {inspect: ..., perform: ...})
 */
export function defineStep<Args extends object, Context = object>(
  kind: string,
  acts: StepActs<Args, Context>,
): StepKind<Args, Context> {
  return Object.freeze({...acts, kind});
}
