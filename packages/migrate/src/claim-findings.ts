import {claimText, type FoundClaim} from './claim-standing.ts';
import {collected} from './collected-findings.ts';
import type {Examined} from './examined.ts';
import type {Finding} from './finding.ts';

/** Who else holds the domain, on either host. */
export function claimFindings(examined: Examined): Finding[] {
  const {uuid, domain, brokenClaims = []} = examined.move;
  const found = examined.assessment.claims[uuid] ?? [];
  const broken = ({claim}: FoundClaim) =>
    brokenClaims.some(({run, token}) => run === claim.run && token === claim.token);
  return collected(examined, add => {
    for (const one of found) {
      const {host, claim, standing} = one;
      const held = claimText(claim);
      if (standing === 'free') {
        add('notes', 'CLAIM_TAKEN_OVER', `${domain} was held by ${held}, which has ended`, 'Nothing to do', host);
      } else if (broken(one)) {
        add(
          'warns',
          'CLAIM_BROKEN',
          `${domain} is held by ${held}, and the claim is broken as asked`,
          `Be certain that this controller is dead: two that move ${domain} at once can destroy its disks`,
          host,
        );
      } else if (standing === 'expired') {
        add(
          'blocks',
          'CLAIM_EXPIRED',
          `${domain} was claimed by ${held}, and the claim was not renewed`,
          `See that this controller is dead (dr runs, on that machine); then break its claim by name: --break-claim ${domain}`,
          host,
        );
      } else {
        add(
          'blocks',
          'CLAIMED',
          `${domain} is held by ${held}`,
          `Wait until that run has ended (dr show ${claim.run} --follow, on that machine); if the machine is dead, break its claim by name: --break-claim ${domain}`,
          host,
        );
      }
    }
  });
}
