import type {Progress} from '@dr-toolkit/engine';

/** One step that carries bytes, as far as it has come. */
export interface CarriedStep {
  readonly weightBytes: number;
  readonly state: 'to do' | 'running' | 'done' | 'left';
  readonly progress?: Progress | undefined;
}

export interface RunProgress {
  /** Of all the bytes that there are to carry. */
  readonly fraction: number;
  readonly leftBytes: number;
}

/** How far a run has come, by what its steps carry; undefined when they carry nothing. What was left out counts as not done. */
export function runProgress(steps: readonly CarriedStep[]): RunProgress | undefined {
  const total = steps.reduce((sum, {weightBytes}) => sum + weightBytes, 0);
  if (total === 0) return undefined;
  const carried = steps.reduce((sum, step) => sum + step.weightBytes * shareOf(step), 0);
  const open = steps.filter(({state}) => state === 'to do' || state === 'running');
  const leftBytes = open.reduce((sum, step) => sum + step.weightBytes * (1 - shareOf(step)), 0);
  return {fraction: carried / total, leftBytes};
}

function shareOf({state, progress}: CarriedStep): number {
  if (state === 'done') return 1;
  return state === 'running' ? Math.min(1, Math.max(0, progress?.fraction ?? 0)) : 0;
}
