import type {RunView} from '@dr-toolkit/engine';
import {didYouMean} from '@dr-toolkit/estate';

import {CliError} from './cli-error.ts';

/**
 * The id of a step of a run.
 * @throws {CliError} `USAGE`, with what was probably meant.
 */
export function findStep({run, plan}: Pick<RunView, 'run' | 'plan'>, wanted: string): string {
  const steps = plan.steps.map(({id}) => id);
  if (steps.includes(wanted)) return wanted;
  throw new CliError('USAGE', `Run ${run} has no step ${wanted}`, {hint: didYouMean(wanted, steps, {what: 'step'})});
}
