import {setTimeout as delay} from 'node:timers/promises';

/** Where a run takes its time from. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after `ms`; rejects when `signal` aborts. */
  sleep(ms: number, options?: {signal?: AbortSignal}): Promise<void>;
}

export const realClock: Clock = {
  now: () => Date.now(),
  // A timer that is too long for Node would fire at once.
  sleep: (ms, options) => delay(Math.min(ms, 2 ** 31 - 1), undefined, options),
};
