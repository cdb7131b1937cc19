import {
  answerStep,
  mendRunFolder,
  openStore,
  type Plan,
  type Question,
  resumeRun,
  type RunOutcome,
  type RunView,
  showRun,
  type Store,
} from '@dr-toolkit/engine';
import {estateDigest, findHost, lanePlaces} from '@dr-toolkit/estate';
import {migrationKinds} from '@dr-toolkit/migrate';

import {CliError} from '../cli-error.ts';
import {endOfMigration, movesOf} from '../end-of-migration.ts';
import type {ExitCode} from '../exit-code.ts';
import {exitCodes} from '../exit-code.ts';
import {findRun} from '../find-run.ts';
import {type GlobalOptions, openedHosts, openEstate} from '../open-estate.ts';
import {storeFile} from '../run-places.ts';
import {confirmed, type Terminal} from '../terminal.ts';
import {watchRun} from '../watch-run.ts';

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
    if (plan.estate !== '' && plan.estate !== estateDigest(estate)) {
      terminal.note('dr.yaml has changed since this run was planned. The run keeps to its plan.');
    }
    await confirmed(terminal, `Resume ${run.run} (${run.command}), which is ${run.state}?`, options);
    await giveAnswers(store, run, options.answer ?? []);
    const names = new Set(movesOf(plan).flatMap(({from, to}) => [from, to]));
    await using opened = openedHosts([...names].map(name => findHost(estate, name)));
    const {hosts} = opened;
    const lanes = lanePlaces(estate);
    for (;;) {
      const soFar = new Map((await showRun(store, run.run)).steps.map(({step, record}) => [step.id, record]));
      const {outcome} = await watchRun(plan, terminal, {lanes, soFar}, watch =>
        resumeRun(run.run, {...watch, store, kinds: migrationKinds, context: {hosts}, lanes}),
      );
      if (outcome.status !== 'waiting' || !terminal.canAsk || terminal.interrupts.stop.aborted) {
        return await endOfMigration({plan, outcome, hosts}, terminal);
      }
      await askQuestions(store, plan, outcome, terminal);
    }
  } finally {
    await store.close();
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

async function askQuestions(store: Store, plan: Plan, {run, steps}: RunOutcome, terminal: Terminal): Promise<void> {
  for (const {id, title} of plan.steps) {
    const {state, question} = steps[id] ?? {};
    if (state !== 'asking' || !question) continue;
    terminal.note(`\n${title}: ${question.text}`);
    if (question.ask === 'settle' && question.evidence !== undefined) {
      terminal.note(JSON.stringify(question.evidence, undefined, 2));
    }
    for (let answered = false; !answered;) {
      const value = await terminal.ask(`${choicesText(question)} `);
      try {
        await answerStep(store, run, id, value);
        answered = true;
      } catch (error) {
        terminal.note(error instanceof Error && 'hint' in error ? String(error.hint) : String(error));
      }
    }
  }
}

/** What can be answered, with what it means where that is not plain. */
export function choicesText(question: Question): string {
  if (question.ask === 'confirm') return '[yes/no]';
  if (question.ask === 'type') return `Type ${question.expect}:`;
  if (question.ask !== 'settle') return `[${question.choices.join('/')}]`;
  return `[${question.choices.map(choice => settlementTexts[choice]).join(', ')}]`;
}

const settlementTexts = {
  look: 'look: look again',
  done: 'done: it is done',
  again: 'again: nothing of it is there, do it again',
  failed: 'failed: give it up',
} as const;
