import {resumeRun, type RunOutcome, type RunView, type Store} from '@dr-toolkit/engine';
import type {Estate} from '@dr-toolkit/estate';
import type {Host} from '@dr-toolkit/hosts';

import {endOfMigration} from './end-of-migration.ts';
import {estateSecrets} from './estate-secrets.ts';
import type {ExitCode} from './exit-code.ts';
import {lanesOfPlan} from './lanes-of-plan.ts';
import {comeSoFar, type SteeredOptions, steerRun} from './steer-run.ts';
import type {Terminal} from './terminal.ts';

export interface ResumeParts {
  readonly store: Store;
  readonly estate: Estate;
  readonly hosts: ReadonlyMap<string, Host>;
  /** Set when it is taken up only to end it. */
  readonly ending?: Partial<Pick<SteeredOptions, 'stop' | 'signal'>>;
}

/** Takes a run up where it stands, shows it while it goes on, and says what became of each domain. */
export async function resumeWatched(
  {run, plan}: Pick<RunView, 'run' | 'plan'>,
  {store, estate, hosts, ending}: ResumeParts,
  terminal: Terminal,
): Promise<{readonly outcome: RunOutcome; readonly code: ExitCode}> {
  const secrets = await estateSecrets(estate, terminal);
  const soFar = await comeSoFar(store, run);
  const steered = {store, context: {hosts}, ...lanesOfPlan(plan, estate, hosts), secrets, soFar};
  const outcome = await steerRun(plan, terminal, steered, watched => resumeRun(run, {...watched, ...ending}));
  return {outcome, code: await endOfMigration({plan, outcome, hosts}, terminal)};
}
