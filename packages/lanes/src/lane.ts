/** Some places on one lane. A lane is a name for a shared resource that holds only so many: `host:newhost/disk`. */
export interface LanePlaces {
  readonly lane: string;
  /** 1 or more. More than the lane has means: all of it. */
  readonly places: number;
}

/** Classes, in the order in which they get places when these are short. Who waits long rises (see `admit`). */
export const priorities = ['recovery', 'replication', 'backup', 'default'] as const;
export type Priority = (typeof priorities)[number];

/** Somebody who wants all of `lanes` at once, or waits. */
export interface LaneRequest {
  readonly id: string;
  readonly lanes: readonly LanePlaces[];
  readonly priority: Priority;
  /** When it began to wait, in ms of the caller's clock. */
  readonly sinceMs: number;
}

/** Adds places to a tally of lanes; a negative `sign` takes them away. */
export function tally(held: Map<string, number>, lanes: readonly LanePlaces[], sign: 1 | -1): void {
  for (const {lane, places} of lanes) {
    const left = (held.get(lane) ?? 0) + sign * places;
    if (left > 0) held.set(lane, left);
    else held.delete(lane);
  }
}
