import type {CallOptions} from '../host.ts';
import {copyJobs, resumeCopies, throttleCopies} from './copy-throttle.ts';
import type {LibvirtLink} from './libvirt-link.ts';
import {askMonitor, type MonitorLink} from './monitor.ts';
import type {DomainRef} from './read-domain.ts';

const mebibyte = 1024 ** 2;
/** What libvirt takes for "as fast as it goes". */
const unboundedMib = 8_796_093_022_207;

export interface CopySpeed {
  /** Undefined: only the move's own bound holds. */
  readonly bytesPerSecond: number | undefined;
  /** The bound that the move itself was begun with. */
  readonly ownMibPerSecond?: number | undefined;
}

/**
 * Bounds how fast the disks of a move that is under way are copied; false when none is being copied. libvirt's own call
 * reaches memory only, and its call for block jobs waits until the move is over, so QEMU itself is told.
 */
export async function setCopySpeed(
  link: MonitorLink,
  dom: DomainRef,
  {bytesPerSecond, ownMibPerSecond = 0}: CopySpeed,
  options: CallOptions,
): Promise<boolean> {
  const jobs = await copyJobs(link, dom, options);
  if (jobs.length === 0) return false;
  await resumeCopies(link, dom, jobs, options);
  const even = await throttleCopies(link, dom, {bytesPerSecond, jobs}, options);
  // Without a throttle, in steps of 16 MiB: better than nothing. Disks of one move are copied at once and share it.
  const own = ownMibPerSecond * mebibyte;
  const bound = even || bytesPerSecond === undefined ? own : Math.min(bytesPerSecond, own || bytesPerSecond);
  const speed = bound === 0 ? 0 : Math.max(1, Math.floor(bound / jobs.length));
  for (const {device} of jobs) {
    await askMonitor(link, dom, {execute: 'block-job-set-speed', arguments: {device, speed}}, options);
  }
  return true;
}

/** Lifts the low bound that a bounded move began with from its memory, which does not pass the throttle. */
export async function liftMemory(
  link: Pick<LibvirtLink, 'ask'>,
  dom: DomainRef,
  ownMibPerSecond: number | undefined,
  options: CallOptions,
): Promise<void> {
  await link.ask('DOMAIN_MIGRATE_SET_MAX_SPEED', {dom, bandwidth: ownMibPerSecond ?? unboundedMib}, options);
}
