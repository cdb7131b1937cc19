import type {Clock} from './clock.ts';

interface Timer {
  readonly atMs: number;
  readonly nr: number;
  readonly fire: () => void;
}

/** A clock that stands still until it is told to go on: whole runs in no time, the same each time. */
export class VirtualClock implements Clock {
  #nowMs: number;
  #nr = 0;
  readonly #timers = new Set<Timer>();

  constructor(nowMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  sleep(ms: number, {signal}: {signal?: AbortSignal} = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = () => {
        drop();
        reject(signal?.reason as Error);
      };
      const drop = this.later(ms, () => {
        signal?.removeEventListener('abort', cancel);
        resolve();
      });
      if (signal?.aborted) cancel();
      else signal?.addEventListener('abort', cancel, {once: true});
    });
  }

  later(ms: number, act: () => void): () => void {
    const timer: Timer = {atMs: this.#nowMs + Math.max(0, ms), nr: ++this.#nr, fire: act};
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Goes to the next moment for which somebody waits, and wakes them. False when nobody does. */
  advance(): boolean {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (!next || timer.atMs < next.atMs || (timer.atMs === next.atMs && timer.nr < next.nr)) next = timer;
    }
    if (!next) return false;
    this.#timers.delete(next);
    this.#nowMs = Math.max(this.#nowMs, next.atMs);
    next.fire();
    return true;
  }

  /** Lets time pass for `work` whenever all that runs has come to wait for it. */
  async drive<T>(work: Promise<T>): Promise<T> {
    let over = false;
    const done = work.finally(() => {
      over = true;
    });
    // The rejection is the caller's, at the end.
    done.catch(() => undefined);
    for (;;) {
      await new Promise(setImmediate);
      if (over) return done;
      this.advance();
    }
  }
}
