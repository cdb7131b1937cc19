import {
  type AdaptiveLane,
  adaptiveLane,
  type LaneBounds,
  laneBounds,
  type LaneSample,
  nextLane,
} from '@dr-toolkit/lanes';

import type {Clock} from './clock.ts';
import {automaticLane, dropAutomaticLanes, setLaneFor} from './lane-limits.ts';
import type {Plan, Step} from './plan.ts';
import {readSteps} from './run-rows.ts';
import type {RunLocks} from './run-lock.ts';
import type {Store} from './store.ts';

/** A lane whose places are found while the run goes on. */
export interface AutomaticLane {
  readonly lane: string;
  /** Places it begins with. */
  readonly from: number;
  readonly bounds?: Partial<LaneBounds>;
  /**
   * How long guests have waited for their disks since it was last called, in ms for each request; undefined when it
   * cannot be told. `moving` are the steps that hold the lane.
   */
  sense(moving: readonly Step[], options: {readonly signal: AbortSignal}): Promise<number | undefined>;
  /** Bounds what a running step carries, in bytes per second; undefined: as the step itself says. */
  setSpeed(step: Step, bytesPerSecond: number | undefined, options: {readonly signal: AbortSignal}): Promise<void>;
}

export interface AdaptLanesOptions {
  readonly store: Store;
  readonly locks: RunLocks;
  readonly clock: Clock;
  readonly run: string;
  readonly plan: Plan;
  readonly automatic: readonly AutomaticLane[];
  readonly everyMs: number;
}

/** Lanes that are watched from now on, until `end`. */
export interface LaneWatch {
  end(): Promise<void>;
}

/**
 * Looks once at what is when nothing of this run disturbs, and then goes on looking beside the run: each lane becomes
 * narrower or wider, and too quick streams slower. Decisions go into the store, so they hold for every run there, and
 * stand in the journal of each. A lane that a person has set is left alone.
 */
export async function adaptLanes(options: AdaptLanesOptions): Promise<LaneWatch> {
  const {store, run, automatic, clock, everyMs} = options;
  await dropAutomaticLanes(store, run);
  if (automatic.length === 0) return {end: () => Promise.resolve()};
  const stop = new AbortController();
  const {signal} = stop;
  const seats = await Promise.all(
    automatic.map(async found => {
      const there = await automaticLane(store, found.lane);
      return new Seat(found, adaptiveLane(there.places ?? found.from), options);
    }),
  );
  await look(seats, signal);
  await clock.sleep(everyMs);
  await look(seats, signal);
  const watching = watch(seats, {clock, everyMs, signal});
  return {
    async end() {
      stop.abort();
      await watching;
      await dropAutomaticLanes(store, run);
    },
  };
}

async function watch(
  seats: readonly Seat[],
  {clock, everyMs, signal}: {clock: Clock; everyMs: number; signal: AbortSignal},
): Promise<void> {
  while (!signal.aborted) {
    try {
      await clock.sleep(everyMs, {signal});
    } catch {
      return;
    }
    await look(seats, signal);
  }
}

async function look(seats: readonly Seat[], signal: AbortSignal): Promise<void> {
  // A look that fails is a look less: the run itself must not suffer from it.
  await Promise.allSettled(seats.map(seat => seat.look(signal)));
}

/** One lane, watched. */
class Seat {
  readonly #lane: AutomaticLane;
  readonly #options: AdaptLanesOptions;
  readonly #bounds: LaneBounds;
  readonly #slowed = new Set<string>();
  #state: AdaptiveLane;

  constructor(lane: AutomaticLane, state: AdaptiveLane, options: AdaptLanesOptions) {
    this.#lane = lane;
    this.#state = state;
    this.#options = options;
    this.#bounds = {...laneBounds, ...lane.bounds};
  }

  async look(signal: AbortSignal): Promise<void> {
    const {lane} = this.#lane;
    const {moving, others, sample} = await this.#holders();
    const waitMs = await this.#lane.sense(moving, {signal});
    const stored = await automaticLane(this.#options.store, lane);
    if (stored.setBy === 'person') return this.#setSpeeds(moving, undefined, signal);
    const before = this.#state;
    const now = nextLane(before, {...sample, waitMs}, this.#bounds);
    this.#state = now;
    if (now.places.limit !== before.places.limit || now.bytesPerSecond !== before.bytesPerSecond) {
      const {store, locks} = this.#options;
      const {bytesPerSecond} = now;
      const limit = {
        places: now.places.limit,
        why: why(waitMs, now),
        ...(bytesPerSecond !== undefined && {bytesPerSecond}),
      };
      await setLaneFor(store, lane, limit, locks);
    }
    const share = now.bytesPerSecond === undefined ? undefined : now.bytesPerSecond / (moving.length + others);
    await this.#setSpeeds(moving, share, signal);
  }

  async #holders(): Promise<{moving: Step[]; others: number; sample: Omit<LaneSample, 'waitMs'>}> {
    const {store, run, plan} = this.#options;
    const {lane} = this.#lane;
    const holds = await store.read('SELECT DISTINCT run, step FROM hold WHERE lane = ?', [lane]);
    const ours = new Set(holds.filter(hold => hold.run === run).map(({step}) => String(step)));
    const records = await readSteps({q: (sql, args) => store.read(sql, args)}, run);
    const inLane = plan.steps.filter(step => step.lanes.some(place => place.lane === lane));
    const rates = [...ours].map(id => records.get(id)?.progress?.bytesPerSecond ?? 0);
    return {
      moving: inLane.filter(({id}) => ours.has(id)),
      others: holds.length - ours.size,
      sample: {
        running: holds.length,
        wanted: inLane.some(({id}) => records.get(id)?.record.state === 'pending'),
        bytesPerSecond: rates.reduce((sum, rate) => sum + rate, 0),
      },
    };
  }

  /** Again at each look: what began since the last one is to be told, too. */
  async #setSpeeds(moving: readonly Step[], share: number | undefined, signal: AbortSignal): Promise<void> {
    const told = share === undefined ? moving.filter(({id}) => this.#slowed.has(id)) : moving;
    await Promise.allSettled(told.map(step => this.#lane.setSpeed(step, share, {signal})));
    this.#slowed.clear();
    if (share !== undefined) for (const {id} of moving) this.#slowed.add(id);
  }
}

function why(waitMs: number | undefined, {restMs}: AdaptiveLane): string {
  const rest = restMs === undefined ? '' : `, ${rounded(restMs)} ms undisturbed`;
  return `guests wait ${rounded(waitMs ?? 0)} ms for their disks${rest}`;
}

function rounded(ms: number): string {
  return ms < 10 ? ms.toFixed(1) : ms.toFixed(0);
}
