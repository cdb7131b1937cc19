import type {Clock} from './clock.ts';

export type Ended<T> =
  | {readonly how: 'returned'; readonly value: T}
  | {readonly how: 'threw'; readonly error: unknown}
  /** It was told to end, and did not within `graceMs`. It may still act. */
  | {readonly how: 'hung'; readonly error: unknown};

export interface Bounds {
  readonly clock: Clock;
  /** Without it only the time ends the act. */
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number | undefined;
  /** How long an act has to end after its signal has aborted. */
  readonly graceMs: number;
}

/** Runs an act under a signal that also aborts when its time is up, and waits for its real end as long as is sensible. */
export async function bounded<T>(
  act: (signal: AbortSignal) => Promise<T>,
  {clock, signal, timeoutMs, graceMs}: Bounds,
): Promise<Ended<T>> {
  const inner = new AbortController();
  const cancels: Array<() => void> = [];
  const later = (ms: number, then: () => void) => void cancels.push(clock.later(ms, then));
  const passOn = () => inner.abort(signal?.reason);
  if (signal?.aborted) passOn();
  signal?.addEventListener('abort', passOn, {once: true});
  if (timeoutMs !== undefined) {
    const message = `Not done within ${timeoutMs} ms`;
    later(timeoutMs, () => inner.abort(new DOMException(message, 'TimeoutError')));
  }
  const hung = new Promise<Ended<T>>(resolve => {
    const count = () => later(graceMs, () => resolve({how: 'hung', error: inner.signal.reason}));
    if (inner.signal.aborted) count();
    else inner.signal.addEventListener('abort', count, {once: true});
  });
  try {
    return await Promise.race([settled(act, inner.signal), hung]);
  } finally {
    for (const cancel of cancels) cancel();
    signal?.removeEventListener('abort', passOn);
  }
}

async function settled<T>(act: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<Ended<T>> {
  try {
    return {how: 'returned', value: await act(signal)};
  } catch (error) {
    return {how: 'threw', error: signal.aborted ? signal.reason : error};
  }
}
