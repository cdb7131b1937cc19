import {
  answerStep,
  listRuns,
  mendRunFolder,
  openStore,
  resumeRun,
  type RunView,
  showRun,
  type Store,
} from '@dr-toolkit/engine';
import {estateDigest, findHost, lanePlaces} from '@dr-toolkit/estate';
import {migrationMoves} from '@dr-toolkit/migrate';

import {automaticLanesFor} from '../automatic-lanes.ts';
import {CliError} from '../cli-error.ts';
import {endOfMigration} from '../end-of-migration.ts';
import {estateSecrets} from '../estate-secrets.ts';
import type {ExitCode} from '../exit-code.ts';
import {exitCodes} from '../exit-code.ts';
import {findRun} from '../find-run.ts';
import {type GlobalOptions, openedHosts, openEstate} from '../open-estate.ts';
import {storeFile} from '../run-places.ts';
import {comeSoFar, steerRun} from '../steer-run.ts';
import {confirmed, type Terminal} from '../terminal.ts';

export type ResumeCommand = GlobalOptions & {readonly answer?: readonly string[] | undefined};

/** `dr resume RUN` */
export async function resume(wanted: string, options: ResumeCommand, terminal: Terminal): Promise<ExitCode> {
  const {estate} = await openEstate(terminal, options);
  const store = openStore(storeFile(terminal.env));
  try {
    const run = await showRun(store, await findRun(store, wanted));
    if (run.state === 'done') {
      await mendRunFolder(store, run.run);
      terminal.note(`Run ${run.run} is done already`);
      return exitCodes.done;
    }
    const {plan} = run;
    await refuseUndone(store, run);
    if (plan.estate !== '' && plan.estate !== estateDigest(estate)) {
      terminal.note('dr.yaml has changed since this run was planned. The run keeps to its plan.');
    }
    await confirmed(terminal, `Resume ${run.run} (${run.command}), which is ${run.state}?`, options);
    await giveAnswers(store, run, options.answer ?? []);
    const names = new Set(migrationMoves(plan).flatMap(({from, to}) => [from, to]));
    await using opened = openedHosts([...names].map(name => findHost(estate, name)));
    const {hosts} = opened;
    const lanes = lanePlaces(estate);
    const secrets = await estateSecrets(estate, terminal);
    const automatic = automaticLanesFor(estate, hosts);
    const soFar = await comeSoFar(store, run.run);
    const outcome = await steerRun(
      plan,
      terminal,
      {store, context: {hosts}, lanes, automatic, secrets, soFar},
      steered => resumeRun(run.run, steered),
    );
    return await endOfMigration({plan, outcome, hosts}, terminal);
  } finally {
    await store.close();
  }
}

/** What was taken back cannot be gone on from: its records say done where nothing is left. */
async function refuseUndone(store: Store, {run, command}: RunView): Promise<void> {
  for (const {run: later, command: done} of await listRuns(store)) {
    if (done !== `undo of ${command}`) continue;
    const {plan} = await showRun(store, later);
    if (plan.intent.options?.undoes !== run) continue;
    throw new CliError('BLOCKED', `Run ${run} was undone by ${later}`, {hint: `Start anew: dr ${command}`});
  }
}

async function giveAnswers(store: Store, {run}: RunView, answers: readonly string[]): Promise<void> {
  for (const answer of answers) {
    const [, step, value] = /^(.+)=([^=]+)$/u.exec(answer) ?? [];
    if (step === undefined || value === undefined) {
      throw new CliError('USAGE', `--answer ${answer} is not STEP=ANSWER`, {hint: `See what is asked: dr show ${run}`});
    }
    await answerStep(store, run, step, value);
  }
}
