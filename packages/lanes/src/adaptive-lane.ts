import {adaptiveBounds, type AdaptiveBounds, adaptiveLimit, type AdaptiveLimit, nextLimit} from './next-limit.ts';

/** One look at a lane of a storage that guests live on, too. */
export interface LaneSample {
  /** How long guests wait for their disks, in ms; undefined when none asked for anything. */
  readonly waitMs: number | undefined;
  /** Streams that hold a place. */
  readonly running: number;
  /** Whether somebody waits for a place. */
  readonly wanted: boolean;
  /** What the streams carry together. */
  readonly bytesPerSecond: number;
}

/**
 * A lane that finds by itself how much its storage bears: how many streams, and how fast they may be together when even
 * that is too much. Plain data; hand back what `nextLane` returned.
 */
export interface AdaptiveLane {
  readonly places: AdaptiveLimit;
  /** How long guests wait when no stream disturbs them, in ms, as far as is known. */
  readonly restMs: number | undefined;
  /** Bound on all streams together; undefined: none. */
  readonly bytesPerSecond: number | undefined;
  /** Samples in a row that were hot although no lane could be narrower. */
  readonly hot: number;
}

export interface LaneBounds extends AdaptiveBounds {
  /** Waits below this disturb nobody, whatever they are at rest. */
  readonly waitMsLeast: number;
  /** Streams are never made slower than this, together. */
  readonly bytesPerSecondLeast: number;
}

/** Narrow when guests wait twice as long as undisturbed, widen when at most a fifth longer. */
export const laneBounds: LaneBounds = {
  ...adaptiveBounds,
  high: 0.5,
  low: 0.17,
  waitMsLeast: 10,
  bytesPerSecondLeast: 4 * 1024 ** 2,
};

export function adaptiveLane(places: number): AdaptiveLane {
  return {places: adaptiveLimit(places), restMs: undefined, bytesPerSecond: undefined, hot: 0};
}

/** The lane after one more look. Slower streams are made quick again before new ones are let in. */
export function nextLane(lane: AdaptiveLane, sample: LaneSample, bounds: LaneBounds = laneBounds): AdaptiveLane {
  const {waitMs, running, wanted} = sample;
  const restMs = nextRest(lane.restMs, sample);
  const pressure = waitMs === undefined ? undefined : pressureOf(waitMs, restMs, bounds);
  const before = lane.places;
  // Nobody asked for anything, or nobody streams: neither says how much the storage bears.
  if (pressure === undefined || running === 0) {
    return {...lane, restMs, hot: 0, places: {...before, hot: 0, calm: 0, verdict: 'kept'}};
  }
  const slowed = lane.bytesPerSecond !== undefined;
  const places = nextLimit(before, {pressure, full: wanted && running >= before.limit && !slowed}, bounds);
  if (places.limit < before.limit) {
    // Who runs cannot be taken back: all who run share what the places that are left would carry.
    const share = places.limit / running;
    return {
      places,
      restMs,
      hot: 0,
      bytesPerSecond: share < 1 ? slower(lane, sample, bounds, share) : lane.bytesPerSecond,
    };
  }
  const stuck = pressure >= bounds.high && before.limit <= bounds.least;
  const hot = stuck ? lane.hot + 1 : 0;
  if (hot >= bounds.hotSamples) return {places, restMs, hot: 0, bytesPerSecond: slower(lane, sample, bounds, 0.5)};
  const calm = pressure <= bounds.low;
  return {places, restMs, hot, bytesPerSecond: calm ? quicker(lane.bytesPerSecond, sample) : lane.bytesPerSecond};
}

/** The share of their wait that guests owe to others: 0 is undisturbed, 0.5 twice as long as undisturbed. */
function pressureOf(waitMs: number, restMs: number | undefined, {waitMsLeast}: LaneBounds): number {
  const rest = Math.max(restMs ?? waitMs, waitMsLeast);
  return Math.max(0, 1 - rest / waitMs);
}

/** Learnt while nobody streams; while somebody does, it can only turn out to be less. */
function nextRest(restMs: number | undefined, {waitMs, running}: LaneSample): number | undefined {
  if (waitMs === undefined) return restMs;
  if (restMs === undefined) return waitMs;
  if (running === 0) return restMs + 0.3 * (waitMs - restMs);
  return waitMs < restMs ? restMs + 0.1 * (waitMs - restMs) : restMs;
}

function slower(
  lane: AdaptiveLane,
  {bytesPerSecond}: LaneSample,
  bounds: LaneBounds,
  share: number,
): number | undefined {
  const carried = Math.min(lane.bytesPerSecond ?? Number.POSITIVE_INFINITY, bytesPerSecond || Number.POSITIVE_INFINITY);
  if (!Number.isFinite(carried)) return lane.bytesPerSecond;
  return Math.round(Math.max(bounds.bytesPerSecondLeast, carried * share));
}

/** Gone once the streams carry much less than they might: then it binds nobody. */
function quicker(bound: number | undefined, {bytesPerSecond}: LaneSample): number | undefined {
  if (bound === undefined || bytesPerSecond < bound / 2) return undefined;
  return Math.round(bound * 1.25);
}
