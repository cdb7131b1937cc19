import type {AutomaticLane} from '@dr-toolkit/engine';
import {automaticDisks, type Estate} from '@dr-toolkit/estate';
import type {Host} from '@dr-toolkit/hosts';
import {automaticDiskLanes} from '@dr-toolkit/migrate';

/** Disk lanes that dr.yaml leaves to dr, of the hosts that are open. With --parallel the number given holds. */
export function automaticLanesFor(
  estate: Estate,
  hosts: ReadonlyMap<string, Host>,
  {parallel}: {readonly parallel?: number | undefined} = {},
): readonly AutomaticLane[] {
  return parallel === undefined ? automaticDiskLanes(hosts, automaticDisks(estate)) : [];
}
