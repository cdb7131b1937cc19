import {checkJournal, type RunView} from '@dr-toolkit/engine';

/**
 * What is wrong with the journal in a run's folder, in a few words; undefined when nothing is, and of a run that has not
 * ended, whose last lines may be on their way. The store has all of it whole.
 */
export function journalFault({
  folder,
  state,
  events,
}: Pick<RunView, 'folder' | 'state' | 'events'>): string | undefined {
  if (folder === undefined || state === 'running' || state === 'waiting') return undefined;
  let check;
  try {
    check = checkJournal(folder);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'events.ndjson is gone' : String(error);
  }
  if (check.ok) return check.events === events ? undefined : `events.ndjson has ${check.events} of ${events} events`;
  if (check.line === 0) return check.why;
  return check.damage === 'torn'
    ? `events.ndjson ends in the middle of line ${check.line}`
    : `events.ndjson was changed at line ${check.line}`;
}
