import {listRuns, type RunView, showRun, type Store} from '@dr-toolkit/engine';

import {CliError} from './cli-error.ts';

/** The run that has taken back, or is to take back, what this one had done; undefined when none does. */
export async function undoneBy(
  store: Store,
  {run, command}: Pick<RunView, 'run' | 'command'>,
): Promise<Pick<RunView, 'run' | 'state'> | undefined> {
  const undos: Array<Pick<RunView, 'run' | 'state'>> = [];
  for (const {run: later, command: done} of await listRuns(store)) {
    if (done !== `undo of ${command}`) continue;
    const {plan, state} = await showRun(store, later);
    if (plan.intent.options?.undoes === run) undos.push({run: later, state});
  }
  return undos.find(({state}) => state === 'done') ?? undos[0];
}

/** What became of such an undo, and what to do. */
export function undoText(undo: Pick<RunView, 'run' | 'state'>, command: string): {text: string; hint: string} {
  if (undo.state === 'done') return {text: `undone by ${undo.run}`, hint: `Start anew: dr ${command}`};
  return {
    text: `to be undone by ${undo.run}, which is ${undo.state}`,
    hint: `See how far that has come: dr show ${undo.run}`,
  };
}

/**
 * What was taken back cannot be gone on from: its records say done where nothing is left.
 * @throws {CliError} `BLOCKED`
 */
export async function refuseUndone(store: Store, {run, command}: Pick<RunView, 'run' | 'command'>): Promise<void> {
  const later = await undoneBy(store, {run, command});
  if (later === undefined) return;
  const {text, hint} = undoText(later, command);
  throw new CliError('BLOCKED', `Run ${run} was ${text}`, {hint});
}
