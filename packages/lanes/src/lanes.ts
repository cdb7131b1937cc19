import PQueue, {type QueueAddOptions} from 'p-queue';

import {admit} from './admit.ts';
import {type LanePlaces, type LaneRequest, type Priority, tally} from './lane.ts';

type Run = () => Promise<unknown>;
interface Wanted extends QueueAddOptions {
  readonly request?: LaneRequest;
}

export interface LanesOptions {
  /** Places by lane name. */
  readonly limits: Readonly<Record<string, number>>;
  /** Places of a lane that has no limit of its own. */
  readonly placesDefault?: number;
  readonly patienceMs?: number;
  readonly agingMs?: number;
  /** Milliseconds on a clock that never goes back. */
  readonly nowMs?: () => number;
}

export interface HoldOptions {
  readonly priority?: Priority;
  /** Ends the waiting, and is handed to `act`; the lanes stay held until `act` has really ended. */
  readonly signal?: AbortSignal;
}

/**
 * Bounded lanes within one process: `hold` runs an act once it has all its lanes. Waiting, order and starting are
 * p-queue's, with a queue that only ever offers what `admit` would let in.
 */
export class Lanes {
  readonly #queue: PQueue<LaneLine, Wanted>;
  readonly #line: LaneLine;
  #count = 0;

  constructor(options: LanesOptions) {
    const line = new LaneLine(options);
    this.#line = line;
    // p-queue makes its queue by `new`, without arguments: this hands it ours.
    const queueClass = class extends LaneLine {
      constructor() {
        super(options);
        return line;
      }
    };
    this.#queue = new PQueue<LaneLine, Wanted>({queueClass});
  }

  /** Runs `act` while holding all of `lanes`, as soon as they are free together. */
  async hold<T>(
    lanes: readonly LanePlaces[],
    act: (options: {signal: AbortSignal | undefined}) => Promise<T>,
    {priority = 'default', signal}: HoldOptions = {},
  ): Promise<T> {
    const id = `${++this.#count}`;
    const request = {id, lanes, priority, sinceMs: this.#line.nowMs()};
    return this.#queue.add(
      async () => {
        try {
          return await act({signal});
        } finally {
          this.#line.release(id);
          this.#lookAgain();
        }
      },
      {id, request, ...(signal && {signal})},
    );
  }

  /** Changes how many places a lane has, at once; whoever holds a place keeps it. */
  limit(lane: string, places: number): void {
    this.#line.limits.set(lane, places);
    this.#lookAgain();
  }

  /** Places held now, by lane. */
  held(): Map<string, number> {
    return new Map(this.#line.held);
  }

  get waiting(): number {
    return this.#line.waiting;
  }

  /** p-queue looks at its queue when one of its own acts ends, or when it is started. */
  #lookAgain(): void {
    this.#queue.pause();
    this.#queue.start();
  }
}

/** The line in front of the lanes, in the shape p-queue wants. `size` is how many could start, not how many wait. */
class LaneLine {
  readonly limits: Map<string, number>;
  readonly held = new Map<string, number>();
  readonly nowMs: () => number;
  readonly #placesDefault: number;
  readonly #patience: {patienceMs?: number; agingMs?: number};
  readonly #waiting = new Map<string, {run: Run; request: LaneRequest}>();
  readonly #holding = new Map<string, readonly LanePlaces[]>();

  constructor({limits, placesDefault = 2, nowMs = () => performance.now(), patienceMs, agingMs}: LanesOptions) {
    this.limits = new Map(Object.entries(limits));
    this.#placesDefault = placesDefault;
    this.nowMs = nowMs;
    this.#patience = {
      ...(patienceMs !== undefined && {patienceMs}),
      ...(agingMs !== undefined && {agingMs}),
    };
  }

  get size(): number {
    return this.#next() ? 1 : 0;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  enqueue(run: Run, {request}: Partial<Wanted> = {}): void {
    if (request) this.#waiting.set(request.id, {run, request});
  }

  dequeue(): Run | undefined {
    const grant = this.#next();
    if (!grant) return undefined;
    const {id} = grant.request;
    const run = this.#waiting.get(id)?.run;
    this.#waiting.delete(id);
    this.#holding.set(id, grant.lanes);
    tally(this.held, grant.lanes, 1);
    return run;
  }

  release(id: string): void {
    tally(this.held, this.#holding.get(id) ?? [], -1);
    this.#holding.delete(id);
  }

  remove(id: string): void {
    this.#waiting.delete(id);
  }

  filter(): Run[] {
    return Array.from(this.#waiting.values(), ({run}) => run);
  }

  setPriority(): void {
    throw new TypeError('A request keeps the priority it came with');
  }

  #next() {
    const requests = Array.from(this.#waiting.values(), ({request}) => request);
    const limitOf = (lane: string) => this.limits.get(lane) ?? this.#placesDefault;
    return admit(requests, {held: this.held, limitOf, nowMs: this.nowMs(), most: 1, ...this.#patience})[0];
  }
}
