import {acceptedAnswer, answerStep, retriedSteps, retryStep, type RunView, showRun} from '@dr-toolkit/engine';

import {type ExitCode, exitCodes} from '../exit-code.ts';
import {findRun} from '../find-run.ts';
import {findStep} from '../find-step.ts';
import type {GlobalOptions} from '../open-estate.ts';
import {tellOutlook} from '../tell-outlook.ts';
import {confirmed, type Terminal} from '../terminal.ts';
import {withRuns} from '../user-store.ts';

export type SteerCommand = GlobalOptions & {readonly dryRun?: boolean | undefined};

/** `dr answer RUN STEP VALUE` */
export async function answer(
  [wanted, step, value]: readonly [string, string, string],
  {dryRun}: SteerCommand,
  terminal: Terminal,
): Promise<ExitCode> {
  return withRuns(terminal, dryRun ? 'read' : 'write', async store => {
    const view = await showRun(store, await findRun(store, wanted));
    const {run} = view;
    const taken = await acceptedAnswer(store, run, findStep(view, step), value);
    if (dryRun) {
      const text = `Would answer ${value} to ${step} of ${run}: ${questionOf(view, step)}`;
      tellOutlook(terminal, 'answer', {run, step, value: taken, text});
      return exitCodes.done;
    }
    await answerStep(store, run, step, value);
    terminal.event({type: 'answered', run, step, value});
    terminal.note(nextText(view));
    return exitCodes.done;
  });
}

/** `dr retry RUN STEP` */
export async function retry(
  [wanted, step]: readonly [string, string],
  options: SteerCommand,
  terminal: Terminal,
): Promise<ExitCode> {
  return withRuns(terminal, options.dryRun ? 'read' : 'write', async store => {
    const view = await showRun(store, await findRun(store, wanted));
    const {run} = view;
    const steps = await retriedSteps(store, run, findStep(view, step));
    const others = steps.length > 1 ? `, and what was left out for it: ${steps.slice(1).join(', ')}` : '';
    if (options.dryRun) {
      tellOutlook(terminal, 'retry', {run, steps, text: `Would try ${step} of ${run} again${others}`});
      return exitCodes.done;
    }
    await confirmed(terminal, `Try ${step} of ${run} again${others}?`, options);
    await retryStep(store, run, step);
    terminal.event({type: 'retried', run, step});
    terminal.note(nextText(view));
    return exitCodes.done;
  });
}

function questionOf({steps}: RunView, wanted: string): string {
  return steps.find(({step}) => step.id === wanted)?.record.question?.text ?? wanted;
}

/** A run that nobody drives takes the wish up when it is resumed. */
function nextText({run, state}: RunView): string {
  return state === 'running'
    ? `It hears of it at once. See it go on: dr show ${run} --follow`
    : `To go on: dr resume ${run}`;
}
