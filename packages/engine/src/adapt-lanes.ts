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
  /** What has been since it was last called. `moving` are the steps that hold the lane. */
  sense(moving: readonly Step[], options: {readonly signal: AbortSignal}): Promise<LaneLook>;
  /** Bounds what steps carry together, in bytes per second; undefined: as each step itself says. */
  setSpeed(
    moving: readonly Step[],
    bytesPerSecond: number | undefined,
    options: {readonly signal: AbortSignal},
  ): Promise<void>;
}

/** `waitMs` is undefined when it cannot be told. */
export type LaneLook = Pick<LaneSample, 'waitMs' | 'copying' | 'bytesPerSecond'>;

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
 * Looks at lanes beside the run: their streams become slower or quicker, and each lane narrower or wider. Decisions go
 * into the store, so they hold for every run there, and stand in the journal of each. A lane that a person has set is left
 * alone.
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
      return new Seat(found, there.places ?? found.from, options);
    }),
  );
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
  #state: AdaptiveLane;
  #told: AdaptiveLane;

  constructor(lane: AutomaticLane, places: number, options: AdaptLanesOptions) {
    this.#lane = lane;
    this.#options = options;
    this.#bounds = {...laneBounds, ...lane.bounds};
    this.#state = adaptiveLane(places, this.#bounds);
    this.#told = this.#state;
  }

  async look(signal: AbortSignal): Promise<void> {
    const {lane} = this.#lane;
    const {moving, others, ...holders} = await this.#holders();
    const seen = await this.#lane.sense(moving, {signal});
    const stored = await automaticLane(this.#options.store, lane);
    if (stored.setBy === 'person') return this.#lane.setSpeed(moving, undefined, {signal});
    const now = nextLane(this.#state, {...holders, ...seen}, this.#bounds);
    this.#state = now;
    if (this.#isNews(now)) {
      const {store, locks} = this.#options;
      const {places, bytesPerSecond} = now;
      await setLaneFor(store, lane, {places: places.limit, bytesPerSecond, why: why(seen.waitMs, now)}, locks);
      this.#told = now;
    }
    // Another run's streams have their part of it, by that run's own judgement.
    const part = moving.length / Math.max(1, moving.length + others);
    await this.#lane.setSpeed(moving, now.bytesPerSecond * part, {signal});
  }

  /** Every place and every cut; growth in steps of a half. */
  #isNews({places, bytesPerSecond}: AdaptiveLane): boolean {
    const told = this.#told;
    if (places.limit !== told.places.limit || bytesPerSecond >= told.bytesPerSecond * 1.5) return true;
    return bytesPerSecond < told.bytesPerSecond;
  }

  async #holders(): Promise<{moving: Step[]; others: number} & Pick<LaneSample, 'running' | 'wanted'>> {
    const {store, run, plan} = this.#options;
    const {lane} = this.#lane;
    const holds = await store.read('SELECT DISTINCT run, step FROM hold WHERE lane = ?', [lane]);
    const ours = new Set(holds.filter(hold => hold.run === run).map(({step}) => String(step)));
    const records = await readSteps({q: (sql, args) => store.read(sql, args)}, run);
    const inLane = plan.steps.filter(step => step.lanes.some(place => place.lane === lane));
    return {
      moving: inLane.filter(({id}) => ours.has(id)),
      others: holds.length - ours.size,
      running: holds.length,
      wanted: inLane.some(({id}) => records.get(id)?.record.state === 'pending'),
    };
  }
}

function why(waitMs: number | undefined, {restMs}: AdaptiveLane): string {
  const rest = restMs === undefined ? '' : `, ${rounded(restMs)} ms undisturbed`;
  return `guests wait ${rounded(waitMs ?? 0)} ms for their disks${rest}`;
}

function rounded(ms: number): string {
  return ms < 10 ? ms.toFixed(1) : ms.toFixed(0);
}
