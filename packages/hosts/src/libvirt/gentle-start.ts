import {setTimeout as sleep} from 'node:timers/promises';

import type {CallOptions} from '../host.ts';
import {type CopySpeed, liftMemory, setCopySpeed} from './copy-speed.ts';
import type {LibvirtLink} from './libvirt-link.ts';
import type {DomainRef} from './read-domain.ts';

const pollMs = 20;

/** What a bounded move begins with, until its throttle is in its place: at full speed 16 MiB would go out at once. */
export const startMibPerSecond = 1;

/** Bounds the copy of a move that was just told to begin, and then lifts what it began with. */
export async function boundFromStart(
  link: Pick<LibvirtLink, 'ask'>,
  dom: DomainRef,
  speed: () => CopySpeed,
  options: CallOptions & {readonly signal: AbortSignal},
): Promise<void> {
  while (!(await setCopySpeed(link, dom, speed(), options))) {
    await sleep(pollMs, undefined, {signal: options.signal});
  }
  await liftMemory(link, dom, speed().ownMibPerSecond, options);
}
