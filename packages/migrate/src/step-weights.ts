import type {Plan} from '@dr-toolkit/engine';

import {moveOfStep} from './move-of-step.ts';

/** How many bytes each step of a migration carries, by step; those that carry none are left out. */
export function stepWeights({steps}: Pick<Plan, 'steps'>): ReadonlyMap<string, number> {
  return new Map(
    steps.flatMap(step => {
      const move = step.kind === 'move-live' || step.kind === 'copy-offline' ? moveOfStep(step) : undefined;
      return move ? [[step.id, move.weightBytes] as const] : [];
    }),
  );
}
