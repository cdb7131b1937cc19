import type {RunStanding, RunView} from '@dr-toolkit/engine';

import {moveOfStep} from './move-of-step.ts';

/**
 * What the run that began to copy a domain may still do with the copy. `unknown`: it is another controller's, or its
 * store is gone. `arrived`: the domain took it over. `unclear`: whether it did could not be told. `given up`: the run does
 * not go on with it, also when it is resumed.
 */
export type CopyStanding = 'unknown' | 'at work' | 'resumable' | 'arrived' | 'unclear' | 'given up';

export function copyStanding(run: RunView | undefined, uuid: string): CopyStanding {
  if (!run) return 'unknown';
  if (run.state === 'running') return 'at work';
  const ofDomain = run.steps.filter(({step}) => moveOfStep(step)?.uuid === uuid);
  const recordOf = (...kinds: string[]) => ofDomain.find(({step}) => kinds.includes(step.kind))?.record;
  const [prepare, move] = [recordOf('prepare-disks'), recordOf('move-live', 'copy-offline')];
  if (!prepare || !move) return 'unclear';
  if (move.state === 'done') return 'arrived';
  const over = [prepare, move].some(({state}) => state === 'failed' || state === 'skipped');
  if (!over) return 'resumable';
  return move.error?.code === 'UNCLEAR' ? 'unclear' : 'given up';
}

/** Whether anybody is at the controls of a run, as its own store shows it. */
export function standingIn(run: RunView | undefined): RunStanding {
  if (!run) return 'unknown';
  return run.state === 'running' ? 'alive' : 'ended';
}
