import {type CallOptions, type Host, HostError} from '@dr-toolkit/hosts';

import type {DomainMove} from './domain-move.ts';
import {dropClaim} from './under-claim.ts';
import {whereabouts} from './whereabouts.ts';

export interface ReleaseOptions extends CallOptions {
  /** Of the last attempt of the controller that gives up: what another one, that took the run up since, has laid stays. */
  readonly token?: number;
}

/**
 * Takes back what claims a run that has ended left on its domains, where each is in one place for certain. Answers the
 * names of those that keep its claim.
 */
export async function releaseClaims(
  moves: readonly DomainMove[],
  hosts: ReadonlyMap<string, Host>,
  run: string,
  {token, ...options}: ReleaseOptions = {},
): Promise<string[]> {
  const kept = await Promise.all(
    moves.map(async move => {
      const [source, target] = [hosts.get(move.from), hosts.get(move.to)];
      if (!source || !target) return [];
      try {
        const {at} = await whereabouts(move, {source, target}, options);
        if (at !== 'source' && at !== 'target' && at !== 'off' && at !== 'nowhere') {
          const claims = await Promise.all([source, target].map(host => host.readClaim(move.uuid, options)));
          return claims.some(claim => claim?.run === run) ? [move.domain] : [];
        }
        await dropClaim(move, {source, target}, {run, ...(token !== undefined && {token})}, options);
        return [];
      } catch (error) {
        if (error instanceof HostError || options.signal?.aborted) return [move.domain];
        throw error;
      }
    }),
  );
  return kept.flat();
}
