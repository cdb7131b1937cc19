/** What the operator wants when they press Ctrl-C: first to stop with care, then to break off, then to be let go. */
export interface Interrupts extends Disposable {
  /** Aborts at the first: start nothing new. */
  readonly stop: AbortSignal;
  /** Aborts at the second: end what runs, too. */
  readonly abort: AbortSignal;
  /** Called with 1 and 2, while something listens. */
  onInterrupt: ((count: 1 | 2) => void) | undefined;
}

/**
 * Listens for SIGINT and SIGTERM. The third leaves at once. A terminal that goes away (SIGHUP) ends nothing: what runs on
 * hosts would be left half done by a lost ssh connection.
 */
export function listenForInterrupts(leave: () => void): Interrupts {
  const [stop, abort] = [new AbortController(), new AbortController()];
  let count = 0;
  const interrupts: Interrupts = {
    stop: stop.signal,
    abort: abort.signal,
    onInterrupt: undefined,
    [Symbol.dispose]() {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupted);
      process.off('SIGHUP', ignored);
    },
  };
  const interrupted = () => {
    count += 1;
    if (count > 2) return leave();
    interrupts.onInterrupt?.(count === 1 ? 1 : 2);
    (count === 1 ? stop : abort).abort(interruption());
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupted);
  process.on('SIGHUP', ignored);
  return interrupts;
}

function ignored(): void {}

function interruption(): DOMException {
  return new DOMException('Interrupted', 'AbortError');
}

/** Whether an error says no more than that something was told to end. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
