import type {Attempt, AttemptOutcome} from './attempt.ts';
import type {Tx} from './store.ts';

/** How an attempt came to its end, as whoever performed it told. */
export interface EndedAttempt {
  readonly step: string;
  readonly token: number;
  readonly outcome: AttemptOutcome;
}

/**
 * How the attempts of one run reach whoever performs them, and how their ends come back. The controller decides and
 * records; a dispatch carries. `localDispatch` performs in this very process; `dispatchContract` in the tests says what
 * every dispatch must hold, also one that hands attempts to other machines through a shared store.
 */
export interface Dispatch {
  /**
   * Inside the transaction that admits: a dispatch whose orders lie in the store puts them down here, so that an
   * admission without its order, or an order without its admission, cannot be. The same attempt twice is one.
   */
  put(t: Tx, attempts: readonly Attempt[]): Promise<void>;
  /** Once that transaction is on disk, and only then: they may begin. */
  begin(attempts: readonly Attempt[]): void;
  /** Inside the transaction that takes them in: the ends that have come back, in that order. */
  ended(t: Tx): Promise<readonly EndedAttempt[]>;
  /** Once that transaction is on disk: these are not told again. Until then each call of `ended` tells them. */
  taken(ends: readonly EndedAttempt[]): void;
  /**
   * When a run is resumed: which of the attempts that it had under way are still being performed, so that their ends
   * will come here. The others are begun anew, with a look at what they left.
   */
  adopt(t: Tx, tokens: readonly number[]): Promise<ReadonlySet<number>>;
  /** Tells all that is under way to end. Each end comes back like any other. */
  cancel(): void;
  /** Whether nothing is under way here: every attempt that was begun has told its end. */
  readonly quiet: boolean;
  /** From now on nothing is told any more. */
  close(): void;
}

/** Performs one attempt where it stands, and tells how it ended. Never rejects. */
export type Perform = (attempt: Attempt, signal: AbortSignal) => Promise<AttemptOutcome>;

export interface DispatchParts {
  readonly run: string;
  /** For a dispatch that performs in this process. */
  readonly perform: Perform;
  /** Called when the end of an attempt has come back. */
  readonly onEnd: (ended: Pick<EndedAttempt, 'step' | 'token'>) => void;
}

export type OpenDispatch = (parts: DispatchParts) => Dispatch;
