import {
  acceptedAnswer,
  answerStep,
  mendRunFolder,
  resumeOutlook,
  runIsAlive,
  type RunView,
  showRun,
  type Store,
} from '@dr-toolkit/engine';
import {estateDigest} from '@dr-toolkit/estate';
import {migrationKinds} from '@dr-toolkit/migrate';

import {CliError} from '../cli-error.ts';
import {estateSecrets} from '../estate-secrets.ts';
import {type ExitCode, exitCodes} from '../exit-code.ts';
import {findRun} from '../find-run.ts';
import {findStep} from '../find-step.ts';
import {hostsOfRun} from '../hosts-of-run.ts';
import {lanesOfPlan} from '../lanes-of-plan.ts';
import {type GlobalOptions, openedHosts, openEstate} from '../open-estate.ts';
import {resumeText} from '../resume-text.ts';
import {resumeWatched} from '../resume-watched.ts';
import type {Steered} from '../steer-run.ts';
import {tellOutlook} from '../tell-outlook.ts';
import {confirmed, type Terminal} from '../terminal.ts';
import {refuseUndone} from '../undone-by.ts';
import {withRuns} from '../user-store.ts';

export type ResumeCommand = GlobalOptions & {
  readonly answer?: readonly string[] | undefined;
  readonly dryRun?: boolean | undefined;
};

/** `dr resume RUN` */
export async function resume(wanted: string, options: ResumeCommand, terminal: Terminal): Promise<ExitCode> {
  const {estate} = await openEstate(terminal, options);
  return withRuns(terminal, options.dryRun ? 'read' : 'write', async store => {
    const run = await showRun(store, await findRun(store, wanted));
    if (run.state === 'done') {
      if (options.dryRun) tellOutlook(terminal, 'resume', {run: run.run, status: 'done', steps: [], text: ''});
      else if ((await mendRunFolder(store, run.run)) === 'tampered')
        terminal.note(`Wrote its journal anew: ${run.folder}`);
      terminal.note(`Run ${run.run} is done already`);
      return exitCodes.done;
    }
    if (run.state === 'running') throw runIsAlive(run.run);
    const {plan} = run;
    await refuseUndone(store, run);
    const answers = await acceptedAnswers(store, run, options.answer ?? []);
    if (plan.estate !== '' && plan.estate !== estateDigest(estate)) {
      terminal.note('dr.yaml has changed since this run was planned. The run keeps to its plan.');
    }
    await using opened = openedHosts(hostsOfRun(plan, estate));
    const {hosts} = opened;
    if (options.dryRun) {
      const secrets = await estateSecrets(estate, terminal);
      const {lanes} = lanesOfPlan(plan, estate);
      await tellResume(run, answers, {store, context: {hosts}, lanes, secrets}, terminal);
      return exitCodes.done;
    }
    await confirmed(terminal, `Resume ${run.run} (${run.command}), which is ${run.state}?`, options);
    // The question may have stood there for long.
    await refuseUndone(store, run);
    for (const [step, answer] of Object.entries(answers)) {
      const asked = run.steps.find(view => view.step.id === step)?.record.token;
      await answerStep(store, run.run, step, answer, {asked});
    }
    return (await resumeWatched(run, {store, estate, hosts}, terminal)).code;
  });
}

/** What --answer says, by step; all of it fits, or nothing is answered. */
async function acceptedAnswers(
  store: Store,
  run: RunView,
  words: readonly string[],
): Promise<Readonly<Record<string, boolean | string>>> {
  const answers: Record<string, boolean | string> = {};
  for (const word of words) {
    const [, step, value] = /^(.+)=([^=]+)$/u.exec(word) ?? [];
    if (step === undefined || value === undefined) {
      throw new CliError('USAGE', `--answer ${word} is not STEP=ANSWER`, {
        hint: `See what is asked: dr show ${run.run}`,
      });
    }
    answers[step] = await acceptedAnswer(store, run.run, findStep(run, step), value);
  }
  return answers;
}

/** Looks at what was under way, as resuming would, and says what would be done next. */
async function tellResume(
  {run, state}: RunView,
  answers: Readonly<Record<string, boolean | string>>,
  {store, context, lanes, secrets}: Steered,
  terminal: Terminal,
): Promise<void> {
  const outlook = await resumeOutlook(run, {store, kinds: migrationKinds, context, lanes, secrets, answers});
  const steps = outlook.steps.map(({step: {id, title}, record, next, waits, found}) => {
    const {question, error} = record;
    return {step: id, title, state: record.state, next, waits, found, question, error};
  });
  tellOutlook(terminal, 'resume', {run, state, status: outlook.status, steps, text: resumeText({run}, outlook)});
}
