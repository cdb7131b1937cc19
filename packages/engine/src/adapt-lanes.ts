import {
  type AdaptiveLane,
  adaptiveLane,
  type LaneBounds,
  laneBounds,
  type LaneFindings,
  type LaneSample,
  nextLane,
} from '@dr-toolkit/lanes';

import type {Clock} from './clock.ts';
import {readFindings, rememberFinding} from './lane-findings.ts';
import {laneSetting, dropAutomaticLanes, setLaneFor} from './lane-limits.ts';
import type {Plan, Step} from './plan.ts';
import {readSteps} from './run-rows.ts';
import type {RunLocks} from './run-lock.ts';
import {readerOf, type Store} from './store.ts';

/** A lane whose places are found while the run goes on. */
export interface AutomaticLane {
  readonly lane: string;
  /** Places it begins with. */
  readonly from: number;
  readonly bounds?: Partial<LaneBounds>;
  /** The name under which findings are kept for later runs that use the lane in the same way. Default: the lane's. */
  remembersAs?(steps: readonly Step[]): string;
  /** What has happened since the last call. `moving` are the steps that hold the lane. */
  sense(moving: readonly Step[], options: {readonly signal: AbortSignal}): Promise<LaneLook>;
  /** Bounds what steps carry together, in bytes per second; undefined: as each step itself says. */
  setSpeed(
    moving: readonly Step[],
    bytesPerSecond: number | undefined,
    options: {readonly signal: AbortSignal},
  ): Promise<void>;
}

/** `waitMs` is undefined when it cannot be told. */
export type LaneLook = Pick<LaneSample, 'waitMs' | 'copying' | 'bytesPerSecond' | 'paced'>;

/** A host that does not answer keeps a run, or one of its steps, from beginning for no longer. */
const beginsMsMax = 1000;

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
  /** A step that has got its places is about to begin: its speed is bounded from its first byte. Never rejects. */
  begins(step: Step): Promise<void>;
  end(): Promise<void>;
}

/**
 * Looks at lanes beside the run: their streams become slower or quicker, and each lane narrower or wider. Decisions go
 * into the store, so they hold for every run there, and stand in the journal of each. A lane that a person has set is left
 * alone.
 */
export async function adaptLanes(options: AdaptLanesOptions): Promise<LaneWatch> {
  const {store, run, automatic, clock, everyMs} = options;
  // What cannot be forgotten now, the next run forgets.
  const forget = () => dropAutomaticLanes(store, run).catch(() => undefined);
  await forget();
  if (automatic.length === 0) return {begins: () => Promise.resolve(), end: () => Promise.resolve()};
  const stop = new AbortController();
  const {signal} = stop;
  const seats = await Promise.all(
    automatic.map(async lane => {
      const {places = lane.from} = await laneSetting(store, lane.lane);
      const steps = options.plan.steps.filter(step => step.lanes.some(place => place.lane === lane.lane));
      const remembered = lane.remembersAs?.(steps) ?? lane.lane;
      const known = await readFindings(store, remembered, clock.now());
      return new Seat(lane, {...options, places, remembered, known});
    }),
  );
  const first = look(seats, signal);
  const watching = watch(seats, {clock, everyMs, signal, first});
  await atMost(beginsMsMax, first, clock);
  return {
    async begins(step) {
      const held = seats.filter(({name}) => step.lanes.some(({lane}) => lane === name));
      if (held.length === 0) return;
      await atMost(beginsMsMax, Promise.allSettled(held.map(seat => seat.share(signal))), clock);
    },
    async end() {
      stop.abort();
      await watching;
      await forget();
    },
  };
}

/** Waits for an act that never rejects, and for no longer than this. */
async function atMost(ms: number, act: Promise<unknown>, clock: Clock): Promise<void> {
  const over = new AbortController();
  await Promise.race([act, clock.sleep(ms, {signal: over.signal}).catch(() => {})]);
  over.abort();
}

interface WatchOptions extends Pick<AdaptLanesOptions, 'clock' | 'everyMs'> {
  readonly signal: AbortSignal;
  /** The first look, which is under way. */
  readonly first: Promise<unknown>;
}

async function watch(seats: readonly Seat[], {clock, everyMs, signal, first}: WatchOptions): Promise<void> {
  await first;
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

interface SeatOptions extends AdaptLanesOptions {
  readonly places: number;
  /** What earlier runs have found, and under what name. */
  readonly known: LaneFindings;
  readonly remembered: string;
}

/** One lane, watched. */
class Seat {
  readonly #lane: AutomaticLane;
  readonly #options: SeatOptions;
  readonly #bounds: LaneBounds;
  #state: AdaptiveLane;
  #told: AdaptiveLane;
  #paced: LaneLook['paced'];
  readonly #known: LaneFindings;
  /** The most that this run has found: what lowers it later may be gone when the next run begins. */
  readonly #remembered = {ceiling: 0, borne: 0};

  constructor(lane: AutomaticLane, options: SeatOptions) {
    const {places, known} = options;
    this.#lane = lane;
    this.#options = options;
    this.#known = known;
    this.#bounds = {...laneBounds, ...lane.bounds};
    this.#state = adaptiveLane(places, this.#bounds, known);
    this.#told = this.#state;
  }

  get name(): string {
    return this.#lane.lane;
  }

  /** Gives every stream its part of the present bound. */
  async share(signal: AbortSignal): Promise<void> {
    const {moving, others} = await this.#holders();
    const {setBy} = await laneSetting(this.#options.store, this.name);
    await this.#share(setBy === 'person' ? undefined : this.#speed, {moving, others, signal});
  }

  async look(signal: AbortSignal): Promise<void> {
    const {lane} = this.#lane;
    const {moving, others, ...holders} = await this.#holders();
    const seen = await this.#lane.sense(moving, {signal});
    const stored = await laneSetting(this.#options.store, lane);
    if (stored.setBy === 'person') return this.#share(undefined, {moving, others, signal});
    const now = nextLane(this.#state, {...holders, ...seen}, this.#bounds);
    this.#state = now;
    this.#paced = seen.paced;
    const bytesPerSecond = this.#speed;
    // The guests are helped first: writing it down may fail.
    await this.#share(bytesPerSecond, {moving, others, signal});
    if (this.#isNews(now)) {
      const {store, locks} = this.#options;
      const limit = {places: now.places.limit, ...(bytesPerSecond !== undefined && {bytesPerSecond})};
      await setLaneFor(store, lane, {...limit, why: why(seen.waitMs, now)}, locks);
      this.#told = now;
    }
    await this.#remember(now);
  }

  get #speed(): number | undefined {
    return this.#paced === 'coarsely' ? undefined : this.#state.bytesPerSecond;
  }

  /** Bounds this run's streams to their part. Those of other runs are bounded by their own runs. */
  async #share(
    bytesPerSecond: number | undefined,
    {moving, others, signal}: {moving: readonly Step[]; others: number; signal: AbortSignal},
  ): Promise<void> {
    const part = moving.length / Math.max(1, moving.length + others);
    await this.#lane.setSpeed(moving, bytesPerSecond === undefined ? undefined : bytesPerSecond * part, {signal});
  }

  async #remember({ceiling = 0, proven, best = 0, borne}: AdaptiveLane): Promise<void> {
    const {ceiling: knownCeiling = 0, borne: knownBorne = 0} = this.#known;
    const shown = Math.max(proven && ceiling !== knownCeiling ? ceiling : 0, best > knownCeiling ? best : 0);
    if (shown > this.#remembered.ceiling) await this.#write('ceiling', shown);
    // It grows with nearly every look, which is not worth a commit each time.
    if (borne > Math.max(knownBorne, this.#remembered.borne) * 1.25) await this.#write('borne', borne);
  }

  async #write(finding: keyof LaneFindings, bytesPerSecond: number): Promise<void> {
    const {store, clock} = this.#options;
    await rememberFinding(store, this.#options.remembered, {finding, bytesPerSecond, atMs: clock.now()});
    this.#remembered[finding] = bytesPerSecond;
  }

  /** Whether it is worth writing down: each change of places, each cut, and growth by half or more. */
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
    const records = await readSteps(readerOf(store), run);
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
