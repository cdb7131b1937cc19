import type {HostReading} from '@dr-toolkit/hosts';

import type {MigrationAssessment} from './assessment.ts';
import type {DomainMove} from './domain-move.ts';
import type {MigrationRequest} from './migration-request.ts';

/** One move, and all that its findings are made from. */
export interface Examined {
  readonly move: DomainMove;
  readonly moves: readonly DomainMove[];
  readonly source: HostReading;
  readonly target: HostReading;
  readonly request: MigrationRequest;
  readonly assessment: MigrationAssessment;
}
