import {
  answerStep,
  type AutomaticLane,
  type Plan,
  resumeRun,
  type RunOptions,
  type RunOutcome,
  showRun,
  type Store,
} from '@dr-toolkit/engine';
import {type MigrationContext, migrationKinds} from '@dr-toolkit/migrate';

import {codeOf} from './exit-code.ts';
import {isAbort} from './interrupts.ts';
import {choicesText} from './questions-text.ts';
import type {RunViewOptions} from './run-view.ts';
import type {Terminal} from './terminal.ts';
import {refuseUndone} from './undone-by.ts';
import {type Watch, watchRun} from './watch-run.ts';

export type SteeredOptions = Watch & RunOptions<MigrationContext>;

export interface Steered {
  readonly store: Store;
  readonly context: MigrationContext;
  readonly lanes: Readonly<Record<string, number>>;
  readonly automatic?: readonly AutomaticLane[];
  /** Kept out of all that is written. */
  readonly secrets: readonly string[];
}

/**
 * Watches a run to its end. Where only a person can bring it on and there is a terminal, its questions are asked there,
 * and it goes on.
 */
export async function steerRun(
  plan: Plan,
  terminal: Terminal,
  {store, context, lanes, automatic = [], secrets, soFar}: Steered & Pick<RunViewOptions, 'soFar'>,
  start: (options: SteeredOptions) => Promise<RunOutcome>,
): Promise<RunOutcome> {
  const options = (watch: Watch): SteeredOptions => ({
    ...watch,
    store,
    kinds: migrationKinds,
    context,
    lanes,
    automatic,
    secrets,
  });
  let {outcome} = await watchRun(plan, terminal, {lanes, ...(soFar && {soFar})}, watch => start(options(watch)));
  while (outcome.status === 'waiting' && terminal.canAsk && !terminal.interrupts.stop.aborted) {
    const {run} = outcome;
    // Who does not answer, with Ctrl-C or Ctrl-D, leaves the run as it is: waiting.
    if (!(await askQuestions(store, plan, outcome, terminal).then(() => true, unlessUnanswered))) break;
    await refuseUndone(store, {run, command: plan.intent.command});
    ({outcome} = await watchRun(plan, terminal, {lanes, soFar: await comeSoFar(store, run)}, watch =>
      resumeRun(run, options(watch)),
    ));
  }
  return outcome;
}

/** How far each step of a run has come. */
export async function comeSoFar(store: Store, run: string) {
  return new Map((await showRun(store, run)).steps.map(({step, record}) => [step.id, record]));
}

/** Who was asked has not answered, or not agreed; every other error is one. */
export function unlessUnanswered(error: unknown): false {
  if (isAbort(error) || codeOf(error) === 'NOT_CONFIRMED') return false;
  throw error;
}

function hintOf(error: unknown): string {
  return error instanceof Error && 'hint' in error ? String(error.hint) : String(error);
}

async function askQuestions(store: Store, plan: Plan, {run, steps}: RunOutcome, terminal: Terminal): Promise<void> {
  for (const {id, title} of plan.steps) {
    const {state, question, token: asked} = steps[id] ?? {};
    if (state !== 'asking' || !question) continue;
    terminal.note(`\n${title}: ${question.text}`);
    if (question.ask === 'settle' && question.evidence !== undefined) {
      terminal.note(JSON.stringify(question.evidence, undefined, 2));
    }
    for (let answered = false; !answered;) {
      const value = await terminal.ask(`${choicesText(question)} `);
      try {
        await answerStep(store, run, id, value, {asked});
        answered = true;
      } catch (error) {
        // Somebody else was quicker: there is nothing here to ask again.
        answered = codeOf(error) === 'NOT_NOW';
        terminal.note(answered ? (error as Error).message : hintOf(error));
      }
    }
  }
}
