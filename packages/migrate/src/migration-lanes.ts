import type {LanePlaces} from '@dr-toolkit/lanes';

import type {DomainMove} from './domain-move.ts';
import type {MigrationLanes} from './migration-request.ts';

/** Places on a lane when dr.yaml says nothing. */
export const migrationPlacesDefault = 2;

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
  const diskLane = (host: string, pool: string | undefined) => {
    const own = `pool:${host}/${pool}`;
    return pool !== undefined && pools.includes(own) ? own : `host:${host}/disk`;
  };
  const disks = [
    ...copied.map(({source}) => diskLane(from, source)),
    ...copied.map(({target}) => diskLane(to, target)),
  ];
  const link = `link:${[from, to].toSorted().join('-')}`;
  const workers = [`host:${from}/migrations-out`, `host:${to}/migrations-in`];
  return [...new Set([...disks, link, ...workers, ...(together === undefined ? [] : [together])])];
}
