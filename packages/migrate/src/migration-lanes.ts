import type {LanePlaces} from '@dr-toolkit/lanes';

import {copiedDisks, type DomainMove} from './domain-move.ts';

/** Places on a lane when dr.yaml says nothing. */
export const migrationPlacesDefault = 2;

/** What a move holds while it runs: both hosts' disks when bytes are copied, the link, and a worker on each side. */
export function migrationLanes(move: Pick<DomainMove, 'from' | 'to' | 'disks' | 'how'>): readonly LanePlaces[] {
  const {from, to} = move;
  const link = [from, to].toSorted().join('-');
  const disks = copiedDisks(move).length > 0 ? [`host:${from}/disk`, `host:${to}/disk`] : [];
  return [...disks, `link:${link}`, `host:${from}/migrations-out`, `host:${to}/migrations-in`].map(lane => ({
    lane,
    places: 1,
  }));
}
