import type {DomainMove} from './domain-move.ts';
import {MigrationError} from './migration-error.ts';

/** The source has only what a domain left behind when it was moved away, and the target does not know the domain. */
export function movedAway({domain, from, to}: DomainMove): MigrationError {
  return new MigrationError(
    'UNCLEAR',
    `${domain} was moved away from ${from}, and ${to} does not know it now; its disks there may be newer than those on ${from}, so nothing is replaced`,
    {hint: `See where its newest disks are before anything else: dr status; on ${to}: virsh vol-list POOL`},
  );
}
