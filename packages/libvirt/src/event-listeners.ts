import type {WireEvent} from './procedures/procedures.ts';

export type EventListener = (event: WireEvent) => void;

/** Who hears the events of a connection. */
export class EventListeners {
  readonly #listeners = new Set<EventListener>();

  /** Adds one, until the returned function is called. */
  add(listener: EventListener): () => void {
    // Somebody may listen twice, and stop once.
    const own: EventListener = event => listener(event);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Tells all. One that throws is its owner's fault: the others, and the frames behind this one, still count. */
  tell(event: WireEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
