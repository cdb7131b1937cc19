import {abortRun, followRun, type RunView, showRun, type StepView, type Store} from '@dr-toolkit/engine';

import {counted} from '../amounts.ts';
import {CliError} from '../cli-error.ts';
import {type ExitCode, exitCodes} from '../exit-code.ts';
import {findRun} from '../find-run.ts';
import {hostsOfRun} from '../hosts-of-run.ts';
import {type GlobalOptions, openedHosts, openEstate} from '../open-estate.ts';
import {resumeWatched} from '../resume-watched.ts';
import {unlessUnanswered} from '../steer-run.ts';
import {tellOutlook} from '../tell-outlook.ts';
import {tellSummary} from '../tell-summary.ts';
import {confirmed, type Terminal} from '../terminal.ts';
import {undoOf, undoRun} from '../undo-run.ts';
import {withRuns} from '../user-store.ts';

export type AbortCommand = GlobalOptions & {
  readonly finish?: boolean | undefined;
  readonly undo?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
};

/** `dr abort RUN [--finish] [--undo]` */
export async function abort(wanted: string, options: AbortCommand, terminal: Terminal): Promise<ExitCode> {
  return withRuns(terminal, options.dryRun ? 'read' : 'write', async store => {
    const run = await showRun(store, await findRun(store, wanted));
    // Before anything is stopped: what is to be undone must be possible to reach.
    if (options.undo) await estateFor(run, options, terminal);
    if (options.dryRun) return tellAbort(run, options, terminal);
    const end = await ended(run, store, options, terminal);
    if (end === 'is told') {
      terminal.note(`Told it to. See it end: dr show ${run.run} --follow`);
      return exitCodes.done;
    }
    const left = await showRun(store, run.run);
    const unclear = unclearText(left);
    if (unclear !== undefined) {
      terminal.note(unclear);
      return exitCodes.failed;
    }
    return offerUndo(left, store, options, terminal);
  });
}

/** Of which steps only a person can tell what they came to: nothing is undone before that. */
function unclearText({run, steps}: RunView): string | undefined {
  const asks = steps.flatMap(({step, record}) => (record.question?.ask === 'settle' ? [step.id] : []));
  return asks.length === 0 ? undefined : `What ${asks.join(', ')} came to cannot be told: dr show ${run}`;
}

/** Says what the run's end would mean to each step, as it stands now, and what could be undone. */
function tellAbort(run: RunView, {finish, undo}: AbortCommand, terminal: Terminal): ExitCode {
  const going = run.state === 'running' || run.state === 'crashed';
  const ofState = (state: StepView['record']['state']) =>
    going ? run.steps.flatMap(({step, record}) => (record.state === state ? [step.id] : [])) : [];
  const [running, notBegun] = [ofState('running'), ofState('pending')];
  const unclear = unclearText(run);
  const undoing = unclear === undefined ? undoOf(run).plan.steps.map(({title}) => title) : [];
  const looked = run.state === 'crashed' ? ', where it still goes on' : '';
  const text = [
    going ? `Would ${finish ? 'stop' : 'abort'} ${run.run} (${run.command})` : standsStill(run),
    ...titled(`${finish ? 'Let end' : 'Broken off'}${looked}:`, running),
    ...titled('Not begun any more:', notBegun),
    ...titled(
      undo
        ? 'Would then be undone, as far as it has come now:'
        : 'Could then be undone, as far as it has come now (--undo):',
      undoing,
    ),
    ...(unclear === undefined ? [] : [unclear]),
    ...(undo && undoing.length === 0 && unclear === undefined ? [nothingToUndo] : []),
  ].join('\n\n');
  const how = finish ? 'stop' : 'abort';
  tellOutlook(terminal, 'abort', {
    run: run.run,
    state: run.state,
    how: going ? how : undefined,
    running,
    notBegun,
    undo: undo ?? false,
    undoing,
    text,
  });
  return unclear === undefined ? exitCodes.done : exitCodes.failed;
}

function standsStill({run, state}: RunView): string {
  return `Run ${run} is ${state}: nobody is at its controls`;
}

type End = 'has ended' | 'is told' | 'stood still';

/** Ends a run: by telling whoever is at its controls; where that one is gone, by taking them. */
async function ended(run: RunView, store: Store, options: AbortCommand, terminal: Terminal): Promise<End> {
  if (run.state === 'crashed') return takenToItsEnd(run, store, options, terminal);
  const heard = run.state === 'running' && (await told(run, store, options, terminal));
  tellAborted(run, options, {heard}, terminal);
  if (!heard) {
    terminal.note(standsStill(run));
    return 'stood still';
  }
  if (!options.undo && !terminal.canAsk) return 'is told';
  terminal.note(
    `Told it to, and waits for its end (Ctrl-C: wait no longer). What it does: dr show ${run.run} --follow`,
  );
  for await (const event of followRun(store, run.run, {signal: terminal.interrupts.stop, after: run.events})) {
    terminal.event(event);
    if (event.type === 'run-ended') terminal.note(`It has ended: ${event.status}`);
  }
  if (terminal.interrupts.stop.aborted) throw waitsNoLonger(run.run);
  const left = await showRun(store, run.run);
  // It was told, and died before it had done so.
  if (left.state === 'crashed') return takenToItsEnd(left, store, options, terminal);
  const {state: status, plan, steps} = left;
  const records = Object.fromEntries(steps.map(({step, record}) => [step.id, record]));
  tellSummary({run: run.run, status, plan, records}, terminal);
  return 'has ended';
}

/** It was told, and ends whether somebody waits for that or not. */
function waitsNoLonger(run: string): CliError {
  return new CliError('INTERRUPTED', `Waits no longer for the end of ${run}, which was told to end`, {
    hint: `See it end: dr show ${run} --follow`,
  });
}

/** Of every run alike, whoever was at its controls: what it was told, and whether somebody carries it out. */
function tellAborted(
  {run, state}: RunView,
  {finish}: AbortCommand,
  {heard}: {readonly heard: boolean},
  terminal: Terminal,
): void {
  terminal.event({type: 'abort', run, how: finish ? 'stop' : 'abort', state, heard});
}

async function told(run: RunView, store: Store, options: AbortCommand, terminal: Terminal): Promise<boolean> {
  const question = options.finish
    ? `Stop ${run.run} (${run.command}), after what it is doing now?`
    : `Abort ${run.run} (${run.command}), and break off what it is doing?`;
  await confirmed(terminal, question, options);
  const how = options.finish ? 'stop' : 'abort';
  return abortRun(store, run.run, how);
}

/** What a crashed run has left under way may still go on: it is looked at, and broken off or followed to its end. */
async function takenToItsEnd(run: RunView, store: Store, options: AbortCommand, terminal: Terminal): Promise<End> {
  const {estate, hosts: named} = await estateFor(run, options, terminal);
  const question = `${run.run} (${run.command}) crashed. See what of it still goes on, and ${options.finish ? 'let that end' : 'break that off'}?`;
  await confirmed(terminal, question, options);
  tellAborted(run, options, {heard: true}, terminal);
  await using opened = openedHosts(named);
  const now = AbortSignal.abort();
  const ending = options.finish ? {stop: now} : {stop: now, signal: now};
  await resumeWatched(run, {store, estate, hosts: opened.hosts, ending}, terminal);
  return 'has ended';
}

async function estateFor({plan}: RunView, options: AbortCommand, terminal: Terminal) {
  const {estate} = await openEstate(terminal, options);
  return {estate, hosts: hostsOfRun(plan, estate)};
}

const nothingToUndo = 'Nothing of it is to be undone';

/** What a run has done and can take back, it takes back when a person says so, or --undo does. */
async function offerUndo(run: RunView, store: Store, options: AbortCommand, terminal: Terminal): Promise<ExitCode> {
  const undo = undoOf(run);
  const count = undo.plan.steps.length;
  if (count === 0) {
    if (options.undo) terminal.note(nothingToUndo);
    return exitCodes.done;
  }
  terminal.note(`Can be undone:\n${listText(undo.plan.steps.map(({title}) => title))}`);
  if (!options.undo && (!terminal.canAsk || options.yes)) {
    terminal.note(`To undo: dr abort ${run.run} --undo`);
    return exitCodes.done;
  }
  const question = `Undo ${counted(count, 'finished step')} of ${run.run}?`;
  if (options.undo) {
    await confirmed(terminal, question, options);
  } else if (!(await confirmed(terminal, question, options).then(() => true, unlessUnanswered))) {
    // It is only offered: what was asked for is done, whatever is said to this.
    terminal.note(`Nothing of it was undone. To undo: dr abort ${run.run} --undo`);
    return terminal.interrupts.stop.aborted ? exitCodes.interrupted : exitCodes.done;
  }
  const {estate} = await estateFor(run, options, terminal);
  return undoRun(run, undo, {store, estate}, terminal);
}

const shownMost = 20;

function titled(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${title}\n${listText(lines)}`];
}

function listText(lines: readonly string[]): string {
  const shown = lines.slice(0, shownMost).map(line => `  ${line}`);
  return (lines.length > shownMost ? [...shown, `  and ${lines.length - shownMost} more`] : shown).join('\n');
}
