import {adaptiveBounds, type AdaptiveBounds, adaptiveLimit, type AdaptiveLimit, nextLimit} from './next-limit.ts';

/** One look at a lane of a storage that guests live on, too. */
export interface LaneSample {
  /** How long guests wait for their disks, in ms; undefined when none asked for anything. */
  readonly waitMs: number | undefined;
  /** Streams that hold a place. */
  readonly running: number;
  /** Those of them that load the storage just now: not while they connect, or carry something else. */
  readonly copying: number;
  /** Whether somebody waits for a place. */
  readonly wanted: boolean;
  /** What the streams carry together. */
  readonly bytesPerSecond: number;
}

/**
 * A lane that finds by itself how much its storage bears: how fast its streams may be together, and how many there are.
 * Plain data; hand back what `nextLane` returned.
 */
export interface AdaptiveLane {
  readonly places: AdaptiveLimit;
  /** How long guests wait when no stream disturbs them, in ms, as far as is known. */
  readonly restMs: number | undefined;
  /** Bound on all streams together. */
  readonly bytesPerSecond: number;
  /** The bound with which guests began to suffer. */
  readonly ceiling: number | undefined;
  /** Streams that loaded the storage at the last look. */
  readonly copying: number;
  /** Samples in a row that were hot, and that were calm at the bound. */
  readonly hot: number;
  readonly calm: number;
  /** Samples that say nothing yet: what was written before the last change, or a stream's first step, is still under way. */
  readonly settling: number;
  /** By what share the ceiling was last raised. Each time in vain doubles it: a ceiling found by accident is left behind. */
  readonly probe: number;
  /** Calm samples near the ceiling before the next try. */
  readonly patience: number;
}

export interface LaneBounds extends AdaptiveBounds {
  /** Pressure at which one sample is enough. */
  readonly severe: number;
  /** Waits below this disturb nobody, whatever they are at rest. */
  readonly waitMsLeast: number;
  readonly bytesPerSecondFrom: number;
  /** No stream is made slower than this; rather there are fewer. */
  readonly bytesPerSecondLeast: number;
  /** What is left of the bound when guests suffer, and by how much it grows at a time when they do not. */
  readonly cut: number;
  readonly growth: number;
  /** How near it goes to the ceiling, and for how many calm samples, before it tries a little more. */
  readonly nearCeiling: number;
  readonly patience: number;
  /** A ceiling that was met again is trusted longer and longer, up to so many samples. */
  readonly patienceMost: number;
  /** By how much it then raises the ceiling, at first. */
  readonly probe: number;
  readonly settlingSamples: number;
}

const mebibyte = 1024 ** 2;

/** Slower when guests wait twice as long as undisturbed, quicker when at most half as long again. */
export const laneBounds: LaneBounds = {
  ...adaptiveBounds,
  high: 0.5,
  low: 0.34,
  severe: 0.75,
  waitMsLeast: 10,
  bytesPerSecondFrom: 16 * mebibyte,
  bytesPerSecondLeast: 4 * mebibyte,
  cut: 0.7,
  growth: 1.25,
  nearCeiling: 0.85,
  patience: 40,
  patienceMost: 240,
  probe: 0.1,
  settlingSamples: 3,
};

export function adaptiveLane(
  places: number,
  {bytesPerSecondFrom, probe, patience}: LaneBounds = laneBounds,
): AdaptiveLane {
  return {
    places: adaptiveLimit(places),
    restMs: undefined,
    copying: 0,
    bytesPerSecond: bytesPerSecondFrom,
    ceiling: undefined,
    hot: 0,
    calm: 0,
    settling: 0,
    probe,
    patience,
  };
}

/** The lane after one more look: speed first, places only when speed does not do. */
export function nextLane(lane: AdaptiveLane, sample: LaneSample, bounds: LaneBounds = laneBounds): AdaptiveLane {
  const {waitMs, copying} = sample;
  const rested = {...lane, restMs: nextRest(lane.restMs, sample), copying};
  // Nobody asked for anything, or nobody copies: neither says how much the storage bears.
  if (waitMs === undefined || copying === 0) return fuller({...rested, hot: 0}, sample, bounds);
  // The first step of a copy goes out at once, however small its bound: it says nothing of that bound.
  if (copying > lane.copying) return {...rested, settling: bounds.settlingSamples};
  if (lane.settling > 0) return {...rested, settling: lane.settling - 1};
  const pressure = pressureOf(waitMs, rested.restMs, bounds);
  if (pressure < bounds.high) return calmer({...rested, hot: 0}, sample, {pressure, bounds});
  const hot = lane.hot + 1;
  if (hot < bounds.hotSamples && pressure < bounds.severe) return {...rested, hot, calm: 0};
  return slower(rested, {pressure, bounds});
}

/** The share of their wait that guests owe to others: 0 is undisturbed, 0.5 twice as long as undisturbed. */
function pressureOf(waitMs: number, restMs: number | undefined, {waitMsLeast}: LaneBounds): number {
  return Math.max(0, 1 - Math.max(restMs ?? 0, waitMsLeast) / waitMs);
}

/** Learnt while nobody copies; while somebody does, it can only turn out to be less. */
function nextRest(restMs: number | undefined, {waitMs, copying}: LaneSample): number | undefined {
  if (waitMs === undefined) return restMs;
  if (copying === 0) return restMs === undefined ? waitMs : restMs + 0.3 * (waitMs - restMs);
  return restMs !== undefined && waitMs < restMs ? restMs + 0.1 * (waitMs - restMs) : restMs;
}

interface Felt {
  readonly pressure: number;
  readonly bounds: LaneBounds;
}

function slower(lane: AdaptiveLane, {pressure, bounds}: Felt): AdaptiveLane {
  const {bytesPerSecondLeast: least, cut, settlingSamples, probe} = bounds;
  const now = {...lane, hot: 0, calm: 0, settling: settlingSamples, probe};
  // The first time it has grown past what the storage bears by up to one step: the step before was borne.
  const ceiling = lane.ceiling === undefined ? lane.bytesPerSecond / bounds.growth : lane.bytesPerSecond;
  const metAgain = lane.ceiling !== undefined && ceiling > 0.75 * lane.ceiling && ceiling < 1.2 * lane.ceiling;
  const patience = metAgain ? Math.min(bounds.patienceMost, lane.patience * 2) : bounds.patience;
  const bytesPerSecond = Math.round(Math.max(least, ceiling * cut));
  const narrow = bytesPerSecond < least * lane.places.limit;
  const places = narrow
    ? nextLimit({...lane.places, hot: bounds.hotSamples}, {pressure, full: false}, bounds)
    : lane.places;
  return {...now, ceiling, bytesPerSecond, places, patience};
}

function calmer(lane: AdaptiveLane, sample: LaneSample, {pressure, bounds}: Felt): AdaptiveLane {
  if (pressure > bounds.low) return {...lane, calm: 0};
  const {bytesPerSecond: bound, ceiling} = lane;
  const used = sample.bytesPerSecond / bound;
  if (used < 0.6) return fuller(lane, sample, bounds);
  // More than the bound are holes of sparse disks: they say nothing new of what the storage bears.
  if (used > 1.3 && ceiling === undefined) return lane;
  const roof = ceiling === undefined ? Number.POSITIVE_INFINITY : Math.floor(ceiling * bounds.nearCeiling);
  const places = {...lane.places, calm: 0};
  if (bound < roof)
    return {...lane, places, calm: 0, bytesPerSecond: Math.floor(Math.min(roof, bound * bounds.growth))};
  if (lane.calm + 1 < lane.patience || ceiling === undefined) return {...lane, places, calm: lane.calm + 1};
  return {...lane, places, calm: 0, ceiling: ceiling * (1 + lane.probe), probe: lane.probe * 2};
}

/** Streams that leave the bound unused make room for one more. */
function fuller(lane: AdaptiveLane, {running, wanted, waitMs}: LaneSample, bounds: LaneBounds): AdaptiveLane {
  const {limit} = lane.places;
  const room = lane.bytesPerSecond >= bounds.bytesPerSecondLeast * (limit + 1);
  const full = wanted && room && running > 0 && running >= limit && waitMs !== undefined;
  return {...lane, places: nextLimit(lane.places, {pressure: 0, full}, bounds)};
}
