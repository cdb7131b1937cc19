import {listRuns, type RunView, showRun, type Store} from '@dr-toolkit/engine';

/** The run that has taken back what this one had done; undefined when none has. */
export async function undoneBy(
  store: Store,
  {run, command}: Pick<RunView, 'run' | 'command'>,
): Promise<string | undefined> {
  for (const {run: later, command: done} of await listRuns(store)) {
    if (done !== `undo of ${command}`) continue;
    const {plan} = await showRun(store, later);
    if (plan.intent.options?.undoes === run) return later;
  }
  return undefined;
}
