import type {CpuVerdict, DiskNote, Qcow2Header} from '@dr-toolkit/hosts';

import type {FoundClaim} from './claim-standing.ts';
import type {GuestAnswer} from './domain-move.ts';

/** What had to be asked beyond the inventory, for the domains of one migration. Plain data. */
export interface MigrationAssessment {
  /** Whether the target's CPU suits, by UUID. */
  readonly cpu: Readonly<Record<string, CpuVerdict>>;
  /** What lies on the target where a disk is to go, by path. A path that is not named is free. */
  readonly targetFiles: Readonly<Record<string, TargetFile>>;
  /** The headers of the source's qcow2 files that would be copied, by path; or why one could not be read. */
  readonly headers: Readonly<Record<string, Qcow2Header | {readonly unread: string}>>;
  /** Which of the source's host-bound files (ISO images, kernels) the target has too, by path. */
  readonly hostFiles: Readonly<Record<string, 'present' | 'absent' | {readonly unread: string}>>;
  /** How guests answer now, by UUID; one that is not named does not. */
  readonly answers: Readonly<Record<string, GuestAnswer>>;
  /** Claims of runs, by UUID; of a domain that is not named there is none. */
  readonly claims: Readonly<Record<string, readonly FoundClaim[]>>;
}

export interface TargetFile {
  /** dr's note beside it, when there is one. Without a note the file is somebody else's. */
  readonly note?: DiskNote;
  /** Why it cannot be told what lies there, as in a pool that is off. */
  readonly unread?: string;
}

export const nothingAssessed: MigrationAssessment = {
  cpu: {},
  targetFiles: {},
  headers: {},
  hostFiles: {},
  answers: {},
  claims: {},
};
