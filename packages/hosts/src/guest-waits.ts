/** How long running guests have waited for their disks, counted since each was started. */
export interface DiskWaits {
  readonly guests: readonly GuestDiskWait[];
}

export interface GuestDiskWait {
  readonly name: string;
  readonly uuid: string;
  /** Reads, writes and flushes that were answered. */
  readonly requests: number;
  /** How long they took, all together. */
  readonly waitMs: number;
}

export interface GuestWaits {
  /** What the guest at the upper quartile waits for an answer, in ms; undefined when no guest asked for anything. */
  readonly waitMs: number | undefined;
  /** How many guests asked. */
  readonly guests: number;
}

/**
 * How long guests waited for one request of their disks between two readings. Of all guests the upper quartile counts:
 * one that is slow for reasons of its own does not speak for the host, and a few that sleep do not hide the others.
 */
export function guestWaits(
  before: DiskWaits,
  after: DiskWaits,
  {except = new Set()}: {readonly except?: ReadonlySet<string>} = {},
): GuestWaits {
  const earlier = new Map(before.guests.map(guest => [guest.uuid, guest]));
  const waits = after.guests.flatMap(({uuid, requests, waitMs}) => {
    const first = earlier.get(uuid);
    // Fewer requests than before: it was started anew meanwhile.
    if (!first || except.has(uuid) || requests <= first.requests) return [];
    return [(waitMs - first.waitMs) / (requests - first.requests)];
  });
  const sorted = waits.toSorted((a, b) => a - b);
  return {waitMs: sorted[Math.ceil(sorted.length * 0.75) - 1], guests: sorted.length};
}
