/** One look at how a lane's storage fares. */
export interface PressureSample {
  /** 0 (idle) to 1 (always waiting): `some avg10` of /proc/pressure/io divided by 100, or a share derived from latency. */
  readonly pressure: number;
  /** Whether every place of the lane was in use. A lane that nobody fills says nothing about a wider one. */
  readonly full: boolean;
}

/** A lane that finds its own limit. Plain data; hand back what `nextLimit` returned. */
export interface AdaptiveLimit {
  readonly limit: number;
  /** Samples in a row above `high`, and below `low`. */
  readonly hot: number;
  readonly calm: number;
  /** What the last sample did, for the display and the journal. */
  readonly verdict: 'narrowed' | 'widened' | 'kept';
}

export interface AdaptiveBounds {
  readonly least: number;
  readonly most: number;
  /** Pressure from which the lane narrows, and under which it may widen. Between them it stays: hysteresis. */
  readonly high: number;
  readonly low: number;
  /** How many samples in a row it takes. Narrowing is quick, widening patient. */
  readonly hotSamples: number;
  readonly calmSamples: number;
}

export const adaptiveBounds: AdaptiveBounds = {least: 1, most: 8, high: 0.4, low: 0.1, hotSamples: 2, calmSamples: 5};

export function adaptiveLimit(limit: number): AdaptiveLimit {
  return {limit, hot: 0, calm: 0, verdict: 'kept'};
}

/** Additive increase, multiplicative decrease: halves a lane whose storage suffers, and widens it by one when calm and full. */
export function nextLimit(
  {limit, hot, calm}: AdaptiveLimit,
  {pressure, full}: PressureSample,
  bounds: AdaptiveBounds = adaptiveBounds,
): AdaptiveLimit {
  const {least, most, high, low, hotSamples, calmSamples} = bounds;
  if (pressure >= high) {
    if (hot + 1 < hotSamples) return {limit, hot: hot + 1, calm: 0, verdict: 'kept'};
    return settled(limit, Math.max(least, Math.floor(limit / 2)));
  }
  if (pressure <= low && full) {
    if (calm + 1 < calmSamples) return {limit, hot: 0, calm: calm + 1, verdict: 'kept'};
    return settled(limit, Math.min(most, limit + 1));
  }
  return {limit, hot: 0, calm: 0, verdict: 'kept'};
}

function settled(before: number, limit: number): AdaptiveLimit {
  const verdict = limit < before ? 'narrowed' : limit > before ? 'widened' : 'kept';
  return {limit, hot: 0, calm: 0, verdict};
}
