import {runPlan, type RunView, type Store, undoPlan, type UndoPlan} from '@dr-toolkit/engine';
import {type Estate, lanePlaces} from '@dr-toolkit/estate';
import {migrationKinds} from '@dr-toolkit/migrate';

import {counted} from './amounts.ts';
import {estateSecrets} from './estate-secrets.ts';
import {type ExitCode, exitCodes} from './exit-code.ts';
import {hostsOfRun} from './hosts-of-run.ts';
import {openedHosts} from './open-estate.ts';
import {runsFolder} from './run-places.ts';
import {steerRun} from './steer-run.ts';
import type {Terminal} from './terminal.ts';

/** What takes back what a run has done so far and can be taken back. */
export function undoOf({run, plan, steps}: RunView): UndoPlan {
  const records = Object.fromEntries(steps.map(({step, record}) => [step.id, record]));
  return undoPlan(plan, records, {kinds: migrationKinds, run});
}

/** Takes it back, as a run of its own. */
export async function undoRun(
  run: RunView,
  {plan}: UndoPlan,
  {store, estate}: {readonly store: Store; readonly estate: Estate},
  terminal: Terminal,
): Promise<ExitCode> {
  await using opened = openedHosts(hostsOfRun(run.plan, estate));
  const {hosts} = opened;
  const secrets = await estateSecrets(estate, terminal);
  const steered = {store, context: {hosts}, lanes: lanePlaces(estate), secrets};
  const outcome = await steerRun(plan, terminal, steered, watched =>
    runPlan(plan, {...watched, runsFolder: runsFolder(terminal.env)}),
  );
  terminal.event({type: 'undone', run: run.run, by: outcome.run, status: outcome.status});
  if (outcome.status === 'done') {
    terminal.note(`Undone: ${counted(plan.steps.length, 'step')} of ${run.run}`);
    return exitCodes.done;
  }
  terminal.note(`The undo is ${outcome.status}: dr show ${outcome.run}`);
  return outcome.status === 'stopped' ? exitCodes.interrupted : exitCodes.failed;
}
