import {type LaneBounds, laneBounds} from './lane-bounds.ts';
import {adaptiveLimit, type AdaptiveLimit, nextLimit} from './next-limit.ts';

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
  /** `coarsely`: bounded streams go in steps that are a storm each, so none is set, and only their number is found. */
  readonly paced?: 'evenly' | 'coarsely';
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
  /** How much the streams carried when guests began to suffer. */
  readonly ceiling: number | undefined;
  /** Whether the streams got less than their bound then: the storage gave all it had, so it was no accident. */
  readonly proven: boolean;
  /** The highest ceiling that was proven, or near which guests were calm for long after one was. */
  readonly best: number | undefined;
  /** The most that streams carried while guests were calm. */
  readonly borne: number;
  /** What the streams carried at the last looks. A single look may be a fifth off. */
  readonly carried: readonly number[];
  /** Streams that loaded the storage at the last look. */
  readonly copying: number;
  /** Samples in a row that were hot, and that were calm at the bound. */
  readonly hot: number;
  readonly calm: number;
  /** Samples that say nothing yet: what was written before the last change, or a stream's first step, is still under way. */
  readonly settling: number;
  /** Slower than need be while it settles: what has piled up has to pass. */
  readonly draining: boolean;
  /** By what share the ceiling is raised next. Doubled by each try that hurts nobody: a ceiling found by accident is left behind. */
  readonly probe: number;
  /** Calm samples near the ceiling before the next try. */
  readonly patience: number;
  /** The patience that begins when guests have suffered. Doubled where a ceiling is met again. */
  readonly trust: number;
  /** Samples left in which guests have to suffer again, for a storage that once bore more to be taken for worse. */
  readonly doubt: number;
}

/** What is known of a storage from an earlier time, in bytes per second. */
export interface LaneFindings {
  /** What it bears. */
  readonly ceiling?: number | undefined;
  /** The most that streams carried while guests were calm: it may bear more. */
  readonly borne?: number | undefined;
}

export function adaptiveLane(
  places: number,
  bounds: LaneBounds = laneBounds,
  {ceiling, borne = 0}: LaneFindings = {},
): AdaptiveLane {
  const known = ceiling !== undefined;
  const patience = known ? bounds.patienceProven : bounds.patience;
  const least = known ? bounds.bytesPerSecondLeast : bounds.bytesPerSecondFrom;
  return {
    places: adaptiveLimit(places),
    restMs: undefined,
    copying: 0,
    bytesPerSecond: Math.max(least, Math.round((ceiling ?? borne) * bounds.begin)),
    ceiling,
    proven: known,
    best: ceiling,
    borne,
    carried: [],
    hot: 0,
    calm: 0,
    settling: 0,
    draining: false,
    probe: bounds.probe,
    patience,
    trust: patience,
    doubt: 0,
  };
}

/** The lane after one more look: speed first, places only when speed does not do. */
export function nextLane(lane: AdaptiveLane, sample: LaneSample, bounds: LaneBounds = laneBounds): AdaptiveLane {
  const {waitMs, copying} = sample;
  const [restMs, doubt] = [nextRest(lane.restMs, sample), Math.max(0, lane.doubt - 1)];
  const rested = {...lane, restMs, doubt, copying, carried: lastCarried(lane, sample, bounds)};
  if (sample.paced === 'coarsely') return ofPlacesAlone(rested, sample, bounds);
  // Nobody asked for anything, or nobody copies: neither says how much the storage bears.
  if (waitMs === undefined || copying === 0) return fuller({...rested, hot: 0}, sample, bounds);
  // The first step of a copy goes out at once, however small its bound, and what comes before and after it burdens
  // processors: neither says anything of that bound.
  if (copying !== lane.copying) return {...rested, settling: bounds.settlingSamples};
  if (lane.settling > 0) return settled({...rested, settling: lane.settling - 1}, bounds);
  const pressure = pressureOf(waitMs, rested.restMs, bounds);
  if (pressure < bounds.high) return calmer({...rested, hot: 0}, sample, {pressure, bounds});
  const hot = lane.hot + 1;
  // One look is enough under a bound higher than any before, when the streams got less than that bound.
  const grown = lane.bytesPerSecond > (lane.best ?? 0);
  const outgrown = grown && sample.bytesPerSecond < lane.bytesPerSecond * bounds.fullShare;
  if (hot < bounds.hotSamples && pressure < bounds.severe && !outgrown) return {...rested, hot, calm: 0};
  return slower(rested, {pressure, bounds});
}

/** The same where only the number of streams can be chosen. */
function ofPlacesAlone(
  lane: AdaptiveLane,
  {waitMs, copying, running, wanted}: LaneSample,
  bounds: LaneBounds,
): AdaptiveLane {
  const {placesUnpaced: most} = bounds;
  const places = {...lane.places, limit: Math.min(lane.places.limit, most)};
  if (waitMs === undefined || copying === 0) return {...lane, places};
  const pressure = pressureOf(waitMs, lane.restMs, bounds);
  const full = wanted && running >= places.limit;
  return {...lane, places: nextLimit(places, {pressure, full}, {...bounds, most})};
}

/** Holes of sparse disks fly past: what is far more than the bound was no load. */
function lastCarried(
  {carried, bytesPerSecond: bound}: AdaptiveLane,
  {bytesPerSecond}: LaneSample,
  {carriedSamples}: LaneBounds,
): readonly number[] {
  return [...carried, Math.min(bytesPerSecond, bound * 1.15)].slice(-carriedSamples);
}

function settled(lane: AdaptiveLane, bounds: LaneBounds): AdaptiveLane {
  if (lane.settling > 0 || !lane.draining || lane.ceiling === undefined) return lane;
  return {...lane, draining: false, carried: [], bytesPerSecond: boundAt(bounds.cut, lane.ceiling, bounds)};
}

function boundAt(share: number, ceiling: number, {bytesPerSecondLeast}: LaneBounds): number {
  return Math.max(bytesPerSecondLeast, Math.round(ceiling * share));
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
  const {settlingSamples, probe} = bounds;
  const draining = {hot: 0, calm: 0, settling: settlingSamples, draining: true};
  const {ceiling, proven} = ceilingFound(lane, bounds);
  if (isDoubtful(lane, ceiling, bounds)) {
    const bytesPerSecond = boundAt(bounds.drain, Math.min(ceiling, lane.ceiling ?? ceiling), bounds);
    return {...lane, ...draining, bytesPerSecond, doubt: bounds.doubtSamples};
  }
  const metAgain = lane.ceiling !== undefined && ceiling > 0.75 * lane.ceiling && ceiling < 1.2 * lane.ceiling;
  const best = proven ? Math.max(ceiling, lane.best ?? 0) : lane.best;
  // It once bore much more, so this may pass.
  const lasting = proven && ceiling > 0.7 * (best ?? 0);
  const fresh = lasting ? bounds.patienceProven : bounds.patience;
  const trust = metAgain ? Math.min(bounds.patienceMost, Math.max(fresh, lane.trust * 2)) : fresh;
  const narrow = ceiling * bounds.cut < bounds.bytesPerSecondLeast * lane.places.limit;
  const places = narrow
    ? nextLimit({...lane.places, hot: bounds.hotSamples}, {pressure, full: false}, bounds)
    : lane.places;
  const now = {...lane, ...draining, best, probe};
  const bytesPerSecond = boundAt(bounds.drain, ceiling, bounds);
  return {...now, ceiling, proven, bytesPerSecond, places, patience: trust, trust};
}

/** A storage that bore more is taken for worse only when guests suffer again soon: once may be an accident. */
function isDoubtful({best, doubt}: AdaptiveLane, ceiling: number, bounds: LaneBounds): boolean {
  return best !== undefined && ceiling < bounds.doubtful * best && doubt === 0;
}

/** What the streams got while guests suffered is what the storage has to give, when it is less than they were allowed. */
function ceilingFound(
  {bytesPerSecond: bound, ceiling, borne: carriedCalmly, carried: looks}: AdaptiveLane,
  bounds: LaneBounds,
): {readonly ceiling: number; readonly proven: boolean} {
  const carried = looks.reduce((sum, look) => sum + look, 0) / looks.length;
  // The first time it has grown past what the storage bears by up to one step: the step before was borne.
  const borne = ceiling === undefined ? bound / bounds.growth : bound;
  if (carried >= bound * bounds.fullShare) return {ceiling: borne, proven: false};
  if (ceiling !== undefined) return {ceiling: Math.max(bound / 2, carried), proven: carried > bound / 2};
  // What was carried tells too much just after a bound has risen: each rise lets a little through at once.
  const given = carried > borne ? borne + (carried - borne) / 3 : Math.max(carried, Math.min(borne, carriedCalmly));
  return {ceiling: Math.max(bound / 2, given), proven: carried > bound / 2};
}

function calmer(before: AdaptiveLane, sample: LaneSample, {pressure, bounds}: Felt): AdaptiveLane {
  if (pressure > bounds.low) return {...before, calm: 0};
  const {bytesPerSecond: bound, ceiling} = before;
  const used = sample.bytesPerSecond / bound;
  // One look may have read too much, and what it read may be felt with the next one only.
  const carried = before.carried.length < bounds.carriedSamples ? 0 : Math.min(bound, ...before.carried);
  const lane = {...before, borne: Math.max(before.borne, carried)};
  if (used < 0.6) return fuller(lane, sample, bounds);
  // Streams that do not get what they may have would not use more.
  if (used < bounds.usedLeast) return lane;
  // More than the bound are holes of sparse disks: they say nothing new of what the storage bears.
  if (used > 1.3 && ceiling === undefined) return lane;
  const roof = ceiling === undefined ? Number.POSITIVE_INFINITY : Math.floor(ceiling * bounds.nearCeiling);
  const places = {...lane.places, calm: 0};
  if (bound < roof) {
    const growth = ceiling === undefined ? bounds.growth : bounds.growthKnown;
    return {...lane, places, calm: 0, bytesPerSecond: Math.floor(Math.min(roof, bound * growth))};
  }
  if (lane.calm + 1 < lane.patience || ceiling === undefined) return {...lane, places, calm: lane.calm + 1};
  // The next try comes sooner: guests have borne it near this one for so long.
  const {probe} = lane;
  const best = lane.best === undefined ? undefined : Math.max(lane.best, ceiling);
  const tried = {ceiling: ceiling * (1 + probe), proven: false, best, probe: probe * 2, patience: bounds.patience};
  return {...lane, places, calm: 0, ...tried};
}

/** Streams that leave the bound unused make room for one more. */
function fuller(lane: AdaptiveLane, {running, wanted, waitMs}: LaneSample, bounds: LaneBounds): AdaptiveLane {
  const {limit} = lane.places;
  const room = lane.bytesPerSecond >= bounds.bytesPerSecondLeast * (limit + 1);
  const full = wanted && room && running > 0 && running >= limit && waitMs !== undefined;
  return {...lane, places: nextLimit(lane.places, {pressure: 0, full}, bounds)};
}
