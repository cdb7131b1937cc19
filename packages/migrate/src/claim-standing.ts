import type {RunStanding} from '@dr-toolkit/engine';
import type {Claim} from '@dr-toolkit/hosts';

/** Somebody's claim on a domain, as found on one host. */
export interface FoundClaim {
  readonly host: string;
  readonly claim: Claim;
  readonly standing: ClaimStanding;
}

/**
 * What a claim means to another run. `free`: its run has ended, as the kernel's lock tells, or the operator broke it.
 * `expired`: nobody renewed it in time; whether its controller has died, only people can tell.
 */
export type ClaimStanding = 'free' | 'live' | 'expired';

/** Which claim of which run the operator said is void, by name. A newer one is not meant. */
export type BrokenClaim = Pick<Claim, 'run' | 'token'>;

/** What `claim` means now, as its run stands. */
export function claimStanding(
  claim: Claim,
  {
    run,
    broken = [],
    nowMs,
  }: {readonly run: RunStanding; readonly broken?: readonly BrokenClaim[]; readonly nowMs: number},
): ClaimStanding {
  if (run === 'ended' || broken.some(one => one.run === claim.run && one.token === claim.token)) return 'free';
  return run === 'unknown' && Date.parse(claim.until) <= nowMs ? 'expired' : 'live';
}

/** `run 20261122-1713-v2fd of mallow:4711#1, until 2026-11-22 18:13 UTC` */
export function claimText({run, controller, until}: Claim): string {
  const when = Number.isNaN(Date.parse(until)) ? 'without an end' : `until ${until.slice(0, 16).replace('T', ' ')} UTC`;
  return `run ${run} of ${controller}, ${when}`;
}
