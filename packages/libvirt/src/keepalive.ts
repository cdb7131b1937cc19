/** Calls `tick` every `ms` until the returned function is called. Tests bring their own. */
export type Every = (ms: number, tick: () => void) => () => void;

const everyInRealTime: Every = (ms, tick) => {
  const interval = setInterval(tick, ms);
  interval.unref();
  return () => clearInterval(interval);
};

export interface KeepaliveOptions {
  /** How long the daemon may be silent before it is asked, in milliseconds. 0 asks never. */
  readonly intervalMs?: number;
  /** How long it may then stay silent before the connection counts as dead, in milliseconds. */
  readonly deadAfterMs?: number;
  readonly every?: Every;
}

/**
 * Notices a dead peer. Ticks are counted, not time: an event loop that was busy for a minute then runs one late tick, and
 * what arrived meanwhile is read before the next.
 */
export class Keepalive {
  readonly #stop: () => void;
  #heard = true;
  #silentTicks = 0;
  #suspended = false;

  constructor(
    {intervalMs = 5000, deadAfterMs = 30_000, every = everyInRealTime}: KeepaliveOptions,
    act: {readonly ping: () => void; readonly dead: (silentMs: number) => void},
  ) {
    const tick = (): void => {
      if (this.#heard || this.#suspended) {
        this.#heard = false;
        this.#silentTicks = 0;
        return;
      }
      this.#silentTicks += 1;
      // However short its time: nobody is dead who has not been asked.
      if (this.#silentTicks > 1 && this.#silentTicks * intervalMs >= deadAfterMs) {
        act.dead(this.#silentTicks * intervalMs);
      } else {
        act.ping();
      }
    };
    this.#stop = intervalMs > 0 ? every(intervalMs, tick) : () => {};
  }

  /** Something moved: the peer lives. */
  alive(): void {
    this.#heard = true;
  }

  /** While we ourselves do not read, silence means nothing. */
  suspend(suspended: boolean): void {
    this.#suspended = suspended;
    this.#heard = true;
  }

  stop(): void {
    this.#stop();
  }
}
