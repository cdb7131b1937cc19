import {type LanePlaces, type LaneRequest, priorities} from './lane.ts';

export interface AdmitOptions {
  /** Places taken now, by lane. Not changed. */
  readonly held: ReadonlyMap<string, number>;
  /** How many places a lane has. 0 closes it: whoever wants it waits. */
  readonly limitOf: (lane: string) => number;
  readonly nowMs: number;
  /** After this long a request may no longer be overtaken: free places on its lanes are kept for it. */
  readonly patienceMs?: number;
  /** Every so long a waiting request rises by one priority, so that no class waits for ever. */
  readonly agingMs?: number;
  /** At most this many are admitted. */
  readonly most?: number;
}

export interface LaneGrant<R extends LaneRequest> {
  readonly request: R;
  /** What it may hold: what it asked for, or all of a lane that has fewer places. */
  readonly lanes: readonly LanePlaces[];
}

/**
 * Who may start now. A request gets all its lanes or none, so nobody holds one lane while waiting for another and no
 * deadlock can form. The order is priority, then age. Younger requests may overtake one that does not fit, but only
 * until it has waited `patienceMs`: from then on what is free on its lanes is kept for it, and each place that is given
 * back brings it nearer. So a big step is not starved by a stream of small ones, and lanes do not lie idle for long.
 */
export function admit<R extends LaneRequest>(
  requests: readonly R[],
  {held, limitOf, nowMs, patienceMs = 30_000, agingMs = 600_000, most = Number.POSITIVE_INFINITY}: AdmitOptions,
): LaneGrant<R>[] {
  const lanesNow = new Map<string, LaneNow>();
  const laneNow = (lane: string): LaneNow => {
    let now = lanesNow.get(lane);
    if (!now) {
      const limit = limitOf(lane);
      now = {limit, free: limit - (held.get(lane) ?? 0)};
      lanesNow.set(lane, now);
    }
    return now;
  };
  const granted: Array<LaneGrant<R>> = [];
  for (const request of inOrder(requests, nowMs, agingMs)) {
    if (granted.length >= most) break;
    if (fits(request.lanes, laneNow)) {
      const lanes = request.lanes.map(({lane, places}) => ({lane, places: clamped(places, laneNow(lane).limit)}));
      for (const {lane, places} of lanes) laneNow(lane).free -= places;
      granted.push({request, lanes});
    } else if (nowMs - request.sinceMs >= patienceMs) {
      for (const {lane, places} of request.lanes) laneNow(lane).free -= clamped(places, laneNow(lane).limit);
    }
  }
  return granted;
}

interface LaneNow {
  readonly limit: number;
  free: number;
}

// A plain loop: it is walked for every waiting step at every turn of a run.
function fits(lanes: readonly LanePlaces[], laneNow: (lane: string) => LaneNow): boolean {
  for (const {lane, places} of lanes) {
    const {limit, free} = laneNow(lane);
    if (free < clamped(places, limit)) return false;
  }
  return true;
}

/** Never 0: a closed lane has no place for anybody, not places for everybody. */
function clamped(places: number, limit: number): number {
  return Math.max(1, Math.min(places, limit));
}

function inOrder<R extends LaneRequest>(requests: readonly R[], nowMs: number, agingMs: number): readonly R[] {
  const rank = (request: R) =>
    Math.max(0, priorities.indexOf(request.priority) - Math.floor((nowMs - request.sinceMs) / agingMs));
  const order = (a: R, b: R) => rank(a) - rank(b) || a.sinceMs - b.sinceMs;
  const sorted = requests.every((request, nr) => {
    const before = requests[nr - 1];
    return !before || (before.priority === request.priority && before.sinceMs <= request.sinceMs);
  });
  return sorted ? requests : requests.toSorted(order);
}
