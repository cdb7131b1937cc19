/** What QEMU and libvirt allow unless told otherwise, in ms. */
export const downtimeMsDefault = 300;
const shortestMs = 50;
const stepMs = 2000;
const steps = 5;

/**
 * How long a guest may stand still at its switch-over, in ms, when its memory has been carried for `carryingMs`. It begins
 * with little, which does for most guests, and grows in steps to `longestMs` for those that write too fast for that.
 */
export function allowedDowntimeMs(carryingMs: number, longestMs = downtimeMsDefault): number {
  if (longestMs <= shortestMs) return longestMs;
  const step = Math.min(steps, Math.floor(carryingMs / stepMs));
  return Math.round(shortestMs * (longestMs / shortestMs) ** (step / steps));
}
