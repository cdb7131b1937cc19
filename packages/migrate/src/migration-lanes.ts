import {arrivingLane, diskLane, leavingLane, linkLane, poolLane} from '@dr-toolkit/estate';
import type {LanePlaces} from '@dr-toolkit/lanes';

import type {DomainMove} from './domain-move.ts';
import type {MigrationLanes} from './migration-request.ts';

/** What a move holds while it runs: one place on each of its lanes. */
export function migrationLanes({lanes}: Pick<DomainMove, 'lanes'>): readonly LanePlaces[] {
  return lanes.map(lane => ({lane, places: 1}));
}

/** A disk whose bytes travel, by the pools it lies in on either host; undefined for a folder that is no pool. */
export interface DiskPools {
  readonly source: string | undefined;
  readonly target: string | undefined;
}

/** The lanes of a move: both hosts' disks when bytes are copied, the link, a worker on each side, and what all share. */
export function lanesOnTheWay(
  {from, to}: Pick<DomainMove, 'from' | 'to'>,
  copied: readonly DiskPools[],
  {pools = [], together}: MigrationLanes = {},
): readonly string[] {
  const laneOf = (host: string, pool: string | undefined) => {
    const own = pool === undefined ? undefined : poolLane(host, pool);
    return own !== undefined && pools.includes(own) ? own : diskLane(host);
  };
  const disks = [...copied.map(({source}) => laneOf(from, source)), ...copied.map(({target}) => laneOf(to, target))];
  const workers = [leavingLane(from), arrivingLane(to)];
  return [...new Set([...disks, linkLane(from, to), ...workers, ...(together === undefined ? [] : [together])])];
}
