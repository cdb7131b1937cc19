import type {CallOptions, Host} from '@dr-toolkit/hosts';

import {copiedDisks, type DomainMove} from './domain-move.ts';
import {poolOf} from './domain-moves.ts';

/**
 * Names the pools of the target that have no room for the rest of a failed copy. A full disk often shows only as a
 * connection that broke, as the daemons need room of their own. A target that does not answer has none to name.
 */
export async function fullPools(move: DomainMove, target: Host, options: CallOptions): Promise<readonly string[]> {
  const reading = await target.read(options).catch(() => undefined);
  if (!reading) return [];
  const byPool = Map.groupBy(copiedDisks(move), ({targetPath}) => poolOf(reading, targetPath));
  return Array.from(byPool).flatMap(([pool, disks]) => {
    if (!pool) return [];
    const arrived = new Map(pool.volumes.map(({path, allocationBytes}) => [path, allocationBytes]));
    const missing = disks.map(disk => Math.max(0, disk.allocationBytes - (arrived.get(disk.targetPath) ?? 0)));
    return missing.reduce((sum, bytes) => sum + bytes, 0) > pool.availableBytes ? [pool.name] : [];
  });
}
