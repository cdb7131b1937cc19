/** How long running guests have waited for their disks, counted since each was started. */
export interface DiskWaits {
  readonly guests: readonly GuestDiskWait[];
}

export interface GuestDiskWait extends Readonly<Record<RequestKind, Answered>> {
  readonly name: string;
  readonly uuid: string;
}

/** What a guest asks of its disks. */
const requestKinds = ['reads', 'writes', 'flushes'] as const;
export type RequestKind = (typeof requestKinds)[number];

export interface Answered {
  /** Requests that were answered. */
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

/** A kind of request counts when it is at least this share of all that a guest asked for. */
const shareLeast = 0.2;

/**
 * How long guests waited for one request of their disks between two readings: for one of the kind that took longest, as
 * flushes with nothing to do would hide the writes before them. Of all guests the upper quartile counts: one that is slow
 * for reasons of its own does not speak for the host, and a few that sleep do not hide the others.
 */
export function guestWaits(
  before: DiskWaits,
  after: DiskWaits,
  {except = new Set()}: {readonly except?: ReadonlySet<string>} = {},
): GuestWaits {
  const earlier = new Map(before.guests.map(guest => [guest.uuid, guest]));
  const waits = after.guests.flatMap(guest => {
    const first = earlier.get(guest.uuid);
    if (!first || except.has(guest.uuid)) return [];
    return waitOf(first, guest) ?? [];
  });
  const sorted = waits.toSorted((a, b) => a - b);
  return {waitMs: sorted[Math.ceil(sorted.length * 0.75) - 1], guests: sorted.length};
}

function waitOf(before: GuestDiskWait, after: GuestDiskWait): number | undefined {
  const answered = requestKinds.map(kind => ({
    requests: after[kind].requests - before[kind].requests,
    waitMs: after[kind].waitMs - before[kind].waitMs,
  }));
  // Fewer requests than before: it was started anew meanwhile.
  if (answered.some(({requests}) => requests < 0)) return undefined;
  const all = answered.reduce((sum, {requests}) => sum + requests, 0);
  if (all === 0) return undefined;
  const telling = answered.filter(({requests}) => requests >= all * shareLeast);
  return Math.max(...telling.map(({requests, waitMs}) => waitMs / requests));
}
