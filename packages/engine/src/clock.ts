import {setTimeout as delay} from 'node:timers/promises';

/** Where a run takes its time from. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after `ms`; rejects when `signal` aborts. */
  sleep(ms: number, options?: {signal?: AbortSignal}): Promise<void>;
  /** Calls `act` after `ms`, unless the function it returns is called before. */
  later(ms: number, act: () => void): () => void;
}

// A timer that is too long for Node would fire at once.
const timerMsMost = 2 ** 31 - 1;

export const realClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, options) => delay(Math.min(ms, timerMsMost), undefined, options),
  later: (ms, act) => {
    const timer = setTimeout(act, Math.min(ms, timerMsMost));
    return () => clearTimeout(timer);
  },
};
