import type {LanePlaces} from '@dr-toolkit/lanes';

import type {Question} from './question.ts';
import type {Json} from './json.ts';
import type {Progress} from './step-kind.ts';

/** How a run can end. `stopped` and `waiting` go on with `resumeRun`. */
export type RunStatus = 'done' | 'failed' | 'stopped' | 'waiting';

/** `settled` is the person's word; `found`: it was done already, or went on and ended without us. */
export type DoneHow = 'performed' | 'attached' | 'found' | 'answered' | 'settled';

/** Why a step did not end well: what a person needs to go on. */
export interface Failure {
  readonly message: string;
  readonly code?: string;
  /** The next command to type, where the error knew one. */
  readonly hint?: string;
  /** The messages of the errors behind it, outermost first. */
  readonly causes?: readonly string[];
}

/** What is written to the journal. */
export type JournalEntry =
  | {readonly type: 'run-started'; readonly controller: string; readonly epoch: number; readonly digest: string}
  | {
      readonly type: 'run-resumed';
      readonly controller: string;
      readonly epoch: number;
      readonly underway: readonly string[];
    }
  | {readonly type: 'run-stopping'; readonly how: 'stop' | 'abort'}
  | {readonly type: 'run-halted'; readonly step: string}
  | {readonly type: 'run-ended'; readonly status: RunStatus; readonly counts: Readonly<Record<string, number>>}
  | {readonly type: 'journal-repaired'; readonly damage: 'torn' | 'tampered'}
  | {
      readonly type: 'lane-limit';
      readonly lane: string;
      readonly places: number;
      /** Before. */
      readonly was?: number;
      /** Bound on all its streams together; absent: none. */
      readonly bytesPerSecond?: number;
      /** The reason, when it was not a person who set it. */
      readonly why?: string;
      /** The run with which this ends; absent: it stays until it is set again. */
      readonly run?: string;
    }
  /** Another run holds places, and nobody is at its controls: its controller has died, or it has ended as `state` says. */
  | {
      readonly type: 'holder-lost';
      readonly run: string;
      readonly lanes: readonly string[];
      readonly state?: RunStatus;
    }
  | {
      readonly type: 'step-started';
      readonly step: string;
      readonly attempt: number;
      readonly token: number;
      readonly lanes: readonly LanePlaces[];
    }
  | {readonly type: 'lanes-eased'; readonly step: string; readonly lanes: readonly LanePlaces[]}
  | {
      readonly type: 'step-done';
      readonly step: string;
      readonly how: DoneHow;
      readonly ms: number;
      readonly result?: Json;
    }
  | {readonly type: 'step-retrying'; readonly step: string; readonly error: Failure; readonly delayMs: number}
  | {readonly type: 'step-failed'; readonly step: string; readonly error: Failure}
  | {readonly type: 'step-skipped'; readonly step: string; readonly because: string}
  | {readonly type: 'step-cancelled'; readonly step: string}
  | {readonly type: 'step-asks'; readonly step: string; readonly question: Question}
  | {readonly type: 'step-answered'; readonly step: string; readonly answer: boolean | string}
  | {readonly type: 'step-reset'; readonly step: string};

/** An entry with its place: `seq` from 1 without gaps, `at` in ISO 8601. */
export type RunEvent = JournalEntry & {readonly seq: number; readonly at: string};

/** What is told while it happens, but not kept. */
export type LiveEvent =
  | {readonly type: 'progress'; readonly step: string; readonly progress: Progress}
  | {readonly type: 'log'; readonly step: string; readonly line: string}
  /** The store, or the run's folder, cannot be written: nothing new starts, what runs goes on, until it can. */
  | {readonly type: 'paused'; readonly why: string; readonly hint: string}
  | {readonly type: 'unpaused'};
