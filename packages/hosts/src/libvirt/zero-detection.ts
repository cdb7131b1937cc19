import type {CallOptions} from '../host.ts';
import type {LibvirtLink} from './libvirt-link.ts';

/** 10.9.0 as libvirt counts. */
const since = 10_009_000n;

/**
 * Whether a copy can be told to leave out what is zero. Before 9.10 it does so by itself; since then the holes of a raw
 * disk arrive as zeros that take room, unless it is told. A target that is older refuses a move with that wish.
 */
export async function canDetectZeroes(links: readonly LibvirtLink[], options: CallOptions): Promise<boolean> {
  const answers = await Promise.all(links.map(link => link.ask('CONNECT_GET_LIB_VERSION', {}, options)));
  return answers.every(answer => answer !== undefined && answer.libVer >= since);
}
