import type {Inventory, KeptDisk} from '@dr-toolkit/hosts';

import {homesOf} from './homes-of.ts';

/** Why a kept disk is not deleted; undefined when its domain is seen to have disks of its own elsewhere. */
export function reasonToKeep(
  {uuid, domain, host, usedBy}: KeptDisk,
  inventory: Pick<Inventory, 'hosts'>,
): string | undefined {
  if (usedBy !== undefined) return `in use by ${usedBy}`;
  const elsewhere = homesOf(uuid, inventory).some(home => home.host !== host);
  return elsewhere ? undefined : `no other host that answers has ${domain}: this may be its last copy`;
}
