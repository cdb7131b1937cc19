import type {DomainReading} from '@dr-toolkit/hosts';

import type {MigrationAssessment} from './assessment.ts';
import type {DiskMove, DomainMove} from './domain-move.ts';
import type {MigrationRequest} from './migration-request.ts';
import {hasLeft, isArriving} from './whereabouts.ts';

interface KnownOfMove {
  readonly copied: readonly DiskMove[];
  readonly request: MigrationRequest;
  readonly assessment: MigrationAssessment;
}

/** How a domain moves, or what is left to do of an earlier move, by how it stands here and there. */
export function howToMove(
  here: DomainReading,
  there: DomainReading | undefined,
  {copied, request: {mode = 'auto'}, assessment}: KnownOfMove,
): DomainMove['how'] {
  if (there && isArriving(there) && here.job?.startsWith('migration')) return 'follow';
  if (there && !runs(here) && hasArrived(here, there, copied, assessment)) return 'finish';
  if (mode !== 'auto') return mode;
  return runs(here) ? 'live' : 'offline';
}

/** Whether a guest is in memory, working or not. */
export function runs({state}: Pick<DomainReading, 'state'>): boolean {
  return state !== 'shutoff' && state !== 'crashed';
}

/**
 * Whether what the target has of a domain came from this source. The source's definition goes last, so a run leaves both
 * that was cut off after the move itself. A domain that somebody brought up on the target by himself may have older disks.
 */
function hasArrived(
  here: DomainReading,
  there: DomainReading,
  copied: readonly DiskMove[],
  {targetFiles}: MigrationAssessment,
): boolean {
  const notes = copied.map(({targetPath}) => targetFiles[targetPath]?.note);
  const isOurs = notes.every(note => note?.kind === 'incoming' && note.uuid === here.uuid);
  if (runs(there)) return isOurs || hasLeft(here);
  const isWhole = notes.every(note => note?.kind === 'incoming' && note.copy === 'whole');
  return copied.length > 0 && isOurs && (isWhole || hasLeft(here));
}
