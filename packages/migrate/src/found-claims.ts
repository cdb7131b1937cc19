import type {RunStanding} from '@dr-toolkit/engine';
import type {Inventory} from '@dr-toolkit/hosts';

import {claimStanding, type FoundClaim} from './claim-standing.ts';

/** How a run stands that has claimed a domain. */
export type StandingOf = (run: string) => Promise<RunStanding>;

/** All claims that were read with the inventory, by the UUID of the domain. */
export async function foundClaims(
  {hosts}: Inventory,
  standingOf: StandingOf = () => Promise.resolve('unknown'),
): Promise<Record<string, FoundClaim[]>> {
  const claims: Record<string, FoundClaim[]> = {};
  for (const {name: host, domains} of hosts) {
    for (const {uuid, claim} of domains) {
      if (!claim) continue;
      const standing = claimStanding(claim, {run: await standingOf(claim.run), nowMs: Date.now()});
      (claims[uuid] ??= []).push({host, claim, standing});
    }
  }
  return claims;
}
