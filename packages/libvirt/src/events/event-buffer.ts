/**
 * What waits for its consumer. At most `eventsMax` events do: one more, and all of them are dropped, with everything that
 * follows until the consumer comes back and calls `recover`.
 */
export class EventBuffer<Event> {
  readonly #eventsMax: number;
  #events: Event[] = [];
  #dropped = 0;
  #error: Error | undefined;
  #ended = false;
  /** Those who wait for something: more than one where somebody asks for the next event before the last has come. */
  readonly #waiting: (() => void)[] = [];

  constructor(eventsMax: number) {
    this.#eventsMax = eventsMax;
  }

  get overflowed(): boolean {
    return this.#dropped > 0;
  }

  push(event: Event): void {
    if (this.#dropped > 0) {
      this.#dropped += 1;
    } else if (this.#events.length >= this.#eventsMax) {
      this.#dropped = this.#events.length + 1;
      this.#events = [];
    } else {
      this.#events.push(event);
    }
    this.#wakeReaders();
  }

  /** Takes events again. Returns how many were dropped. */
  recover(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /** Nothing follows what waits but, where given, an error. */
  end(error?: Error): void {
    if (!this.#ended) {
      this.#ended = true;
      this.#error = error;
    }
    this.#wakeReaders();
  }

  /** As `end`, and what waits is dropped as well. */
  abort(error?: Error): void {
    this.#events = [];
    this.end(error);
  }

  /** Resolves to the next event, to `undefined` at the end, or to `overflow`. */
  async next(): Promise<Event | 'overflow' | undefined> {
    while (this.#events.length === 0 && this.#dropped === 0 && !this.#ended) {
      const {promise, resolve} = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      await promise;
    }
    const event = this.#events.shift();
    if (event !== undefined) {
      return event;
    }
    if (this.#ended) {
      const error = this.#error;
      this.#error = undefined;
      if (error !== undefined) {
        throw error;
      }
      return undefined;
    }
    return 'overflow';
  }

  #wakeReaders(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
