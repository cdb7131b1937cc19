export interface MovingOptions {
  readonly signal: AbortSignal;
  readonly stallMs: number;
  /** What is thrown after a standstill. */
  readonly stalled: () => Error;
  /** Calls something after so many milliseconds, unless what it returns is called before. */
  readonly later?: (ms: number, act: () => void) => () => void;
}

/**
 * Does something that has to keep moving: it says so by `moved`. After a standstill its signal aborts, and the promise
 * rejects whether or not it heeds that: a host that is frozen heeds nothing.
 */
export async function whileMoving<T>(
  act: (moving: {readonly signal: AbortSignal; readonly moved: () => void}) => Promise<T>,
  {signal, stallMs, stalled, later = afterMs}: MovingOptions,
): Promise<T> {
  const still = new AbortController();
  const given = Promise.withResolvers<never>();
  const giveUp = (): void => {
    const error = stalled();
    still.abort(error);
    given.reject(error);
  };
  let cancel = later(stallMs, giveUp);
  const moved = (): void => {
    cancel();
    if (!still.signal.aborted) cancel = later(stallMs, giveUp);
  };
  try {
    return await Promise.race([act({signal: AbortSignal.any([signal, still.signal]), moved}), given.promise]);
  } finally {
    cancel();
  }
}

function afterMs(ms: number, act: () => void): () => void {
  const timer = setTimeout(act, ms);
  return () => clearTimeout(timer);
}
