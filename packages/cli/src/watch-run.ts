import type {LiveEvent, Plan, RunEvent, RunOutcome} from '@dr-toolkit/engine';
import {stepWeights} from '@dr-toolkit/migrate';

import {counted} from './amounts.ts';
import {runDisplay} from './display/run-display.ts';
import {RunView, type RunViewOptions} from './run-view.ts';
import type {Terminal} from './terminal.ts';

export interface WatchedRun {
  readonly outcome: RunOutcome;
  readonly view: RunView;
}

/** What a run is started with, so that it can be watched and interrupted. */
export interface Watch {
  readonly onEvent: (event: RunEvent | LiveEvent) => void;
  readonly stop: AbortSignal;
  readonly signal: AbortSignal;
}

/** Starts a run, shows it while it goes on, and hands Ctrl-C on to it: once to stop, twice to abort. */
export async function watchRun(
  plan: Plan,
  terminal: Terminal,
  options: RunViewOptions,
  start: (watch: Watch) => Promise<RunOutcome>,
): Promise<WatchedRun> {
  const view = new RunView(plan, {weights: stepWeights(plan), ...options});
  const display = runDisplay(view, terminal);
  const {interrupts} = terminal;
  interrupts.onInterrupt = count => {
    view.interrupted();
    display.remark(interruptText(count, view));
  };
  try {
    const outcome = await start({
      onEvent: event => display.event(event, view.apply(event)),
      stop: interrupts.stop,
      signal: interrupts.abort,
    });
    return {outcome, view};
  } finally {
    await display.end();
    interrupts.onInterrupt = undefined;
  }
}

function interruptText(count: 1 | 2, view: RunView): string {
  const running = view.rows(['running']).map(({name}) => name);
  const names = running.length > 0 ? ` (${running.join(', ')})` : '';
  return count === 1
    ? `Stopping: ${counted(running.length, 'act')} under way ${running.length === 1 ? 'is' : 'are'} let end${names}, nothing more starts. Ctrl-C again aborts what runs.`
    : `Aborting what runs${names}. Ctrl-C again leaves at once; dr resume then looks at what is left.`;
}
