import {shellWord} from '@dr-toolkit/estate';

import type {DomainMove} from './domain-move.ts';
import {MigrationError} from './migration-error.ts';

/** What a run had begun to copy may be what the domain worked with since. */
export function perhapsNewer({domain, from, to}: DomainMove): MigrationError {
  return new MigrationError(
    'UNCLEAR',
    `${domain} has left ${from} by a move, so what lies on ${to} may be newer than its disks on ${from}, and nothing is removed there`,
    {
      hint: `See what became of ${domain} on ${to}; if its disks on ${from} are the right ones, start it there (virsh start ${shellWord(domain)}), then run the same command again`,
    },
  );
}
