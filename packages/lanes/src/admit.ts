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
  const free = new Map<string, number>();
  const freeOn = (lane: string): number => {
    let places = free.get(lane);
    if (places === undefined) {
      places = limitOf(lane) - (held.get(lane) ?? 0);
      free.set(lane, places);
    }
    return places;
  };
  const granted: LaneGrant<R>[] = [];
  for (const request of inOrder(requests, nowMs, agingMs)) {
    if (granted.length >= most) break;
    if (request.lanes.every(want => freeOn(want.lane) >= clamped(want, limitOf))) {
      const lanes = request.lanes.map(want => ({lane: want.lane, places: clamped(want, limitOf)}));
      for (const {lane, places} of lanes) free.set(lane, freeOn(lane) - places);
      granted.push({request, lanes});
    } else if (nowMs - request.sinceMs >= patienceMs) {
      for (const want of request.lanes) free.set(want.lane, freeOn(want.lane) - clamped(want, limitOf));
    }
  }
  return granted;
}

/** Never 0: a closed lane has no place for anybody, not places for everybody. */
function clamped({lane, places}: LanePlaces, limitOf: (lane: string) => number): number {
  return Math.max(1, Math.min(places, limitOf(lane)));
}

function inOrder<R extends LaneRequest>(requests: readonly R[], nowMs: number, agingMs: number): readonly R[] {
  const rank = (request: R) =>
    Math.max(0, priorities.indexOf(request.priority) - Math.floor((nowMs - request.sinceMs) / agingMs));
  // Callers mostly keep them in order already; the sort is stable, and cheap then.
  return requests.toSorted((a, b) => rank(a) - rank(b) || a.sinceMs - b.sinceMs);
}
