import {didYouMean} from '@dr-toolkit/estate';
import type {DomainReading, HostReading} from '@dr-toolkit/hosts';

import {MigrationError} from './migration-error.ts';
import type {MigrationRequest} from './migration-request.ts';

interface Ends {
  readonly source: HostReading;
  readonly target: HostReading | undefined;
}

/**
 * The domains that a request names, or all of the source; without those that are on the target already.
 * @throws {MigrationError} `UNKNOWN_DOMAIN`, `NOTHING_TO_MOVE`.
 */
export function chosenDomains({source, target}: Ends, {domains}: MigrationRequest): DomainReading[] {
  if (domains === undefined || domains.length === 0) {
    if (source.domains.length > 0) return [...source.domains];
    throw new MigrationError('NOTHING_TO_MOVE', `${source.name} holds no domains`, {
      hint: 'See what runs where: dr status',
    });
  }
  const chosen = new Map<string, DomainReading>();
  for (const wanted of domains) {
    const found = domainOf(wanted, source);
    if (!found && domainOf(wanted, target)) continue;
    if (!found) {
      throw new MigrationError('UNKNOWN_DOMAIN', `${source.name} holds no domain ${wanted}`, {
        hint: didYouMean(
          wanted,
          source.domains.map(({name}) => name),
          {what: 'domain'},
        ),
      });
    }
    chosen.set(found.uuid, found);
  }
  if (chosen.size === 0) {
    throw new MigrationError(
      'NOTHING_TO_MOVE',
      `${domains.join(', ')}: on ${target?.name} already, and not on ${source.name}`,
      {
        hint: 'See what runs where: dr status',
      },
    );
  }
  return [...chosen.values()];
}

/** Domains asked for that an earlier move has brought to the target: the same command again leaves them alone. */
export function arrivedBefore({source, target}: Ends, {domains = []}: MigrationRequest): DomainReading[] {
  return domains.flatMap(wanted => (domainOf(wanted, source) ? [] : (domainOf(wanted, target) ?? [])));
}

function domainOf(wanted: string, host: HostReading | undefined): DomainReading | undefined {
  return host?.domains.find(({name, uuid}) => name === wanted || uuid === wanted.toLowerCase());
}
