import type {Priority} from './procedures/procedure.ts';

/**
 * A daemon stops reading a connection while it works on five calls of it, so that not even an urgent one gets through.
 * One place is therefore always left.
 */
export const callsInFlightMax = 4;

/** A call that is ready to be sent. */
export interface QueuedCall {
  readonly priority: Priority;
  readonly send: () => void;
}

/** Lets at most `callsInFlightMax` calls out at once: urgent ones first, otherwise in order. */
export class CallQueue {
  readonly #high = new Set<QueuedCall>();
  readonly #normal = new Set<QueuedCall>();
  #inFlight = 0;

  get inFlight(): number {
    return this.#inFlight;
  }

  get waiting(): number {
    return this.#high.size + this.#normal.size;
  }

  /** Sends at once or later. */
  add(call: QueuedCall): void {
    this.#lane(call).add(call);
    this.#admit();
  }

  /** Forgets a call that has not been sent. Returns whether it was still waiting. */
  remove(call: QueuedCall): boolean {
    return this.#lane(call).delete(call);
  }

  /** A call that was sent has been answered. */
  release(): void {
    this.#inFlight -= 1;
    this.#admit();
  }

  /** Nothing that waits will be sent any more. */
  clear(): void {
    this.#high.clear();
    this.#normal.clear();
  }

  #lane(call: QueuedCall): Set<QueuedCall> {
    return call.priority === 'high' ? this.#high : this.#normal;
  }

  #admit(): void {
    while (this.#inFlight < callsInFlightMax) {
      const next = first(this.#high) ?? first(this.#normal);
      if (next === undefined) {
        return;
      }
      this.remove(next);
      this.#inFlight += 1;
      next.send();
    }
  }
}

function first<T>(set: ReadonlySet<T>): T | undefined {
  const [item] = set;
  return item;
}
