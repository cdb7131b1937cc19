import type {CallOptions, LiveMove} from '../host.ts';
import type {LibvirtLink} from './libvirt-link.ts';

/** 10.9.0 as libvirt counts. */
const since = 10_009_000n;

/**
 * Whether a copy can be told to leave out what is zero. Before 9.10 it does so by itself; since then the holes of a raw
 * disk arrive as zeros that take room, unless it is told.
 */
export async function canDetectZeroes(
  {source, target}: {readonly source: LibvirtLink; readonly target: LibvirtLink},
  {through}: Pick<LiveMove, 'through'>,
  options: CallOptions,
): Promise<boolean> {
  // A target that its source's daemon talks to is not shown this option.
  const links = through === 'daemons' ? [source] : [source, target];
  const answers = await Promise.all(links.map(link => link.ask('CONNECT_GET_LIB_VERSION', {}, options)));
  return answers.every(answer => answer !== undefined && answer.libVer >= since);
}
