import {setTimeout as sleep} from 'node:timers/promises';
import {LibvirtError} from '@dr-toolkit/libvirt';

import {HostError} from '../host-error.ts';
import type {CallOptions} from '../host.ts';
import {setCopySpeed} from './copy-speed.ts';
import {copyJobs, dropThrottles} from './copy-throttle.ts';
import type {LibvirtLink} from './libvirt-link.ts';
import {type DomainRef, readJob} from './read-domain.ts';

const patienceMs = 5000;
const pollMs = 250;
/** How long to look whether bytes move. */
const quietMs = 1000;

interface Yankable {
  readonly type: string;
  readonly 'node-name'?: string;
}

/**
 * Ends the job on a domain, and resolves when it is over or nothing more can be done about it. A copy whose link is cut
 * waits for its peer when told to end, until TCP gives up after a quarter of an hour, and may hold the guest all that
 * time. So where no byte moves, QEMU is first told to drop the connections of the move.
 */
export async function abortJob(link: LibvirtLink, dom: DomainRef, options: CallOptions): Promise<'heard' | 'refused'> {
  const before = await readJob(link, dom, options);
  if (!before) return 'heard';
  await sleep(quietMs, undefined, {...(options.signal && {signal: options.signal})});
  const job = await readJob(link, dom, options);
  if (job && job.processedBytes > 0 && job.processedBytes === before.processedBytes) {
    // One that a killed dr left at rest is not cut off.
    const jobs = await copyJobs(link, dom, options);
    if (!jobs.some(({paused}) => paused)) await dropConnections(link, dom, options);
  }
  // libvirt remembers it: a job that has not begun to copy never will, however long it still waits for its peer.
  const heard = await link.call('DOMAIN_ABORT_JOB', {dom}, options).then(() => 'heard' as const, refusedByLibvirt);
  // A copy that somebody's bound slows, or that rests, heeds it as slowly; before it was told, it could have arrived.
  await setCopySpeed(link, dom, {bytesPerSecond: undefined}, options).catch(() => false);
  const untilMs = performance.now() + patienceMs;
  while (await readJob(link, dom, options)) {
    if (performance.now() > untilMs) {
      await dropConnections(link, dom, options);
      return heard;
    }
    await sleep(pollMs, undefined, {...(options.signal && {signal: options.signal})});
  }
  // Who bounded its copy may be gone.
  await dropThrottles(link, dom, options).catch(() => false);
  return 'heard';
}

function refusedByLibvirt(error: unknown): 'refused' {
  if (error instanceof HostError && error.cause instanceof LibvirtError) return 'refused';
  throw error;
}

/** QEMU's `yank`, since 6.0. Only what belongs to a move is dropped: the guest's own network disks stay. */
export async function dropConnections(link: LibvirtLink, dom: DomainRef, options: CallOptions): Promise<void> {
  const answer = await link.ask('DOMAIN_MONITOR_COMMAND', {dom, cmd: '{"execute":"query-yank"}'}, options);
  if (!answer) return;
  const {return: all = []} = JSON.parse(answer.result) as {return?: readonly Yankable[]};
  const instances = all.filter(({type, 'node-name': node}) => type === 'migration' || node?.startsWith('migration-'));
  if (instances.length === 0) return;
  const cmd = JSON.stringify({execute: 'yank', arguments: {instances}});
  await link.ask('DOMAIN_MONITOR_COMMAND', {dom, cmd}, options);
}
