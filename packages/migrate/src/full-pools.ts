import type {CallOptions, Host} from '@dr-toolkit/hosts';

import {copiedDisks, type DomainMove} from './domain-move.ts';
import {poolOf} from './domain-moves.ts';

/** A pool with less than this to spare takes no more of a copy. */
const spareBytes = 8 * 1024 ** 2;

/**
 * Pools of the target that a failed copy has filled. A full disk often shows only as a connection that broke, as the
 * daemons need room of their own. A target that does not answer has none to name.
 */
export async function fullPools(move: DomainMove, target: Host, options: CallOptions): Promise<readonly string[]> {
  const reading = await target.read(options).catch(() => undefined);
  if (!reading) return [];
  const pools = copiedDisks(move).flatMap(({targetPath}) => poolOf(reading, targetPath) ?? []);
  return [...new Set(pools.filter(({availableBytes}) => availableBytes < spareBytes).map(({name}) => name))];
}
