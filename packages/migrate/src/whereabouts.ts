import {type CallOptions, type DomainStanding, type Host, HostError} from '@dr-toolkit/hosts';

import type {DomainMove} from './domain-move.ts';
import {MigrationError} from './migration-error.ts';

/** Where a domain is, as both hosts say at one moment. */
export interface Whereabouts {
  /**
   * `source` and `target`: it runs there, and only there. `between`: a job moves it now. `off`: it runs nowhere.
   * `both`, `nowhere` and `unclear` are for a person to look at.
   */
  readonly at: 'source' | 'target' | 'between' | 'off' | 'both' | 'nowhere' | 'unclear';
  readonly source: DomainStanding | undefined;
  readonly target: DomainStanding | undefined;
  /** Both sides in a line each, for a journal and for people. */
  readonly evidence: {readonly [host: string]: string};
}

export interface MoveHosts {
  readonly source: Host;
  readonly target: Host;
}

export interface MigrationContext {
  /** Open hosts by their names in dr.yaml. */
  readonly hosts: ReadonlyMap<string, Host>;
}

/**
 * Asks both hosts where the domain of a move is. A target that does not answer is no obstacle while the domain works on
 * its source: a source goes on only when the target has not taken over. Rejects when the source does not answer.
 */
export async function whereabouts(
  move: DomainMove,
  {source, target}: MoveHosts,
  options: CallOptions = {},
): Promise<Whereabouts> {
  const [here, there] = await Promise.all([
    source.readDomain(move.uuid, options),
    target.readDomain(move.uuid, options).catch((error: unknown) => {
      if (error instanceof HostError && error.code === 'HOST_UNREACHABLE') return error;
      throw error;
    }),
  ]);
  if (there instanceof HostError) {
    const place = placeOf(here, undefined);
    const at = place === 'between' || (place === 'source' && presence(here) === 'works') ? place : 'unclear';
    return {at, source: here, target: undefined, evidence: {[move.from]: stateText(here), [move.to]: there.message}};
  }
  const evidence = {[move.from]: stateText(here), [move.to]: stateText(there)};
  return {at: placeOf(here, there), source: here, target: there, evidence};
}

/** Where a domain is, judged by what both hosts say of it. */
export function placeOf(source: DomainStanding | undefined, target: DomainStanding | undefined): Whereabouts['at'] {
  if (source?.job?.startsWith('migration')) return 'between';
  const [here, there] = [presence(source), presence(target)];
  if (here === 'absent' && there === 'absent') return 'nowhere';
  if (here === 'works')
    return there === 'works' ? 'both' : there === 'waits' && !isArriving(target) ? 'unclear' : 'source';
  if (there === 'works') return here === 'waits' ? 'unclear' : 'target';
  // Where its target has a definition of it, it has arrived there, and may have worked before it went off.
  if (here === 'waits') return there === 'waits' || (there === 'off' && isArriving(source)) ? 'unclear' : 'source';
  if (there === 'waits') return isArriving(target) ? 'unclear' : 'target';
  return 'off';
}

/** In memory on its target and not started there: paused until the source lets go. Nothing works in it yet. */
export function isArriving(domain: Pick<DomainStanding, 'state' | 'stateReason'> | undefined): boolean {
  return domain?.state === 'paused' && (domain.stateReason === 'migration' || domain.stateReason === 'starting-up');
}

/** Off on its source because its target has taken it over. */
export function hasLeft({state, stateReason}: Pick<DomainStanding, 'state' | 'stateReason'>): boolean {
  return state === 'shutoff' && stateReason === 'migrated';
}

/** Both hosts of a move, which the run must have opened. */
export function hostsOf(move: Pick<DomainMove, 'from' | 'to'>, {hosts}: MigrationContext): MoveHosts {
  const opened = (name: string): Host => {
    const host = hosts.get(name);
    if (host) return host;
    throw new MigrationError('UNKNOWN_HOST', `This run has no connection to ${name}`, {
      hint: `See that dr.yaml still names ${name}, then resume`,
    });
  };
  return {source: opened(move.from), target: opened(move.to)};
}

export function stateText(domain: DomainStanding | undefined): string {
  if (!domain) return 'not there';
  const job = domain.job === undefined ? '' : `, job ${domain.job}`;
  return `${domain.state} (${domain.stateReason})${domain.persistent ? '' : ', transient'}${job}`;
}

export function statesText({evidence}: Whereabouts): string {
  return Object.entries(evidence)
    .map(([host, state]) => `${host}: ${state}`)
    .join('; ');
}

function presence(domain: DomainStanding | undefined): 'absent' | 'off' | 'waits' | 'works' {
  if (!domain) return 'absent';
  if (domain.state === 'shutoff' || domain.state === 'crashed') return 'off';
  return domain.state === 'paused' || domain.state === 'unknown' ? 'waits' : 'works';
}
