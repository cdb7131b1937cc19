import type {Inventory, KeptDisk} from '@dr-toolkit/hosts';

import {type Home, homesOf} from './homes-of.ts';

/** Why a kept disk is not deleted; undefined when its domain is seen to have disks of its own elsewhere. */
export function reasonToKeep(
  {uuid, domain, host, usedBy}: KeptDisk,
  inventory: Pick<Inventory, 'hosts'>,
): string | undefined {
  if (usedBy !== undefined) return `in use by ${usedBy}`;
  const [home, ...others] = homesOf(uuid, inventory).filter(one => one.host !== host);
  if (!home) return `no other host that answers has ${domain}: this may be its last copy`;
  if ([home, ...others].some(one => missingDisk(one) === undefined)) return undefined;
  return `${domain} is ${home.state} on ${home.host}, which has no ${missingDisk(home)}: this may be its last copy`;
}

/** A disk that a definition names and that is not there. What runs has its disks. */
function missingDisk({state, disks}: Home): string | undefined {
  if (state !== 'shutoff' && state !== 'crashed') return undefined;
  const missing = disks.find(disk => disk.device === 'disk' && disk.type !== 'network' && disk.capacityBytes === 0);
  return missing && (missing.path ?? missing.target);
}
