import {shellWord} from '@dr-toolkit/estate';

import {claimText, type FoundClaim} from './claim-standing.ts';
import type {DomainMove} from './domain-move.ts';
import type {Finding} from './finding.ts';

/** Who else holds the domain of a move, on either host. */
export function claimFindings(
  {domain, brokenClaims = []}: Pick<DomainMove, 'domain' | 'brokenClaims'>,
  found: readonly FoundClaim[] = [],
): Finding[] {
  return found.map(({host, claim, standing}) => {
    const held = claimText(claim);
    const say = (severity: Finding['severity'], code: Finding['code'], message: string, remedy: string): Finding => ({
      severity,
      code,
      host,
      domain,
      message,
      remedy,
    });
    if (standing === 'free') {
      return say('notes', 'CLAIM_TAKEN_OVER', `${domain} was held by ${held}, which has ended`, 'Nothing to do');
    }
    if (brokenClaims.some(({run, token}) => run === claim.run && token === claim.token)) {
      return say(
        'warns',
        'CLAIM_BROKEN',
        `${domain} is held by ${held}, and the claim is broken as asked`,
        `Be certain that this controller is dead: two that move ${domain} at once can destroy its disks`,
      );
    }
    if (standing === 'expired') {
      return say(
        'blocks',
        'CLAIM_EXPIRED',
        `${domain} was claimed by ${held}, and the claim was not renewed`,
        `See that this controller is dead (dr runs, on that machine); then break its claim by name: --break-claim ${shellWord(domain)}`,
      );
    }
    return say(
      'blocks',
      'CLAIMED',
      `${domain} is held by ${held}`,
      `Wait until that run has ended (dr show ${claim.run} --follow, on that machine); if the machine is dead, break its claim by name: --break-claim ${shellWord(domain)}`,
    );
  });
}
