import {
  abortRun,
  followRun,
  runPlan,
  type RunView,
  showRun,
  type StepView,
  type Store,
  undoPlan,
  type UndoPlan,
} from '@dr-toolkit/engine';
import {findHost, lanePlaces} from '@dr-toolkit/estate';
import {migrationKinds, migrationMoves} from '@dr-toolkit/migrate';

import {counted} from '../amounts.ts';
import {CliError} from '../cli-error.ts';
import {estateSecrets} from '../estate-secrets.ts';
import {type ExitCode, exitCodes} from '../exit-code.ts';
import {findRun} from '../find-run.ts';
import {type GlobalOptions, openedHosts, openEstate} from '../open-estate.ts';
import {runsFolder} from '../run-places.ts';
import {steerRun} from '../steer-run.ts';
import {tellOutlook} from '../tell-outlook.ts';
import {confirmed, type Terminal} from '../terminal.ts';
import {withRuns} from '../user-store.ts';

export type AbortCommand = GlobalOptions & {
  readonly now?: boolean | undefined;
  readonly undo?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
};

/** `dr abort RUN [--now] [--undo]` */
export async function abort(wanted: string, options: AbortCommand, terminal: Terminal): Promise<ExitCode> {
  return withRuns(terminal, options.dryRun ? 'read' : 'write', async store => {
    const run = await showRun(store, await findRun(store, wanted));
    if (run.state === 'crashed') {
      throw new CliError('BLOCKED', `Run ${run.run} crashed, so there is nobody to stop`, {
        hint: `See what it left behind, and end it: dr resume ${run.run}`,
      });
    }
    // Before anything is stopped: what is to be undone must be possible to reach.
    if (options.undo) await hostsToUndo(run, options, terminal);
    if (options.dryRun) return tellAbort(run, options, terminal);
    const heard = run.state === 'running' && (await end(store, run, options, terminal));
    if (!heard) terminal.note(standsStill(run));
    if (heard && !options.undo && !terminal.canAsk) {
      terminal.note(`Told it to. See it end: dr show ${run.run} --follow`);
      return exitCodes.done;
    }
    if (heard) await ended(store, run, terminal);
    return offerUndo(store, await showRun(store, run.run), options, terminal);
  });
}

/** Says what the run's end would mean to each step, as it stands now, and what could be undone. */
function tellAbort(run: RunView, {now, undo}: AbortCommand, terminal: Terminal): ExitCode {
  const going = run.state === 'running';
  const ofState = (state: StepView['record']['state']) =>
    going ? run.steps.flatMap(({step, record}) => (record.state === state ? [step.id] : [])) : [];
  const [running, notBegun] = [ofState('running'), ofState('pending')];
  const undoing = undoOf(run).plan.steps.map(({title}) => title);
  const text = [
    going ? `Would ${now ? 'abort' : 'stop'} ${run.run} (${run.command})` : standsStill(run),
    ...titled(now ? 'Broken off:' : 'Let end:', running),
    ...titled('Not begun any more:', notBegun),
    ...titled(
      undo
        ? 'Would then be undone, as far as it has come now:'
        : 'Could then be undone, as far as it has come now (--undo):',
      undoing,
    ),
    ...(undo && undoing.length === 0 ? [nothingToUndo] : []),
  ].join('\n\n');
  const how = now ? 'abort' : 'stop';
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
  return exitCodes.done;
}

function standsStill({run, state}: RunView): string {
  return `Run ${run} is ${state}: nobody is at its controls`;
}

async function end(store: Store, run: RunView, options: AbortCommand, terminal: Terminal): Promise<boolean> {
  const question = options.now
    ? `Abort ${run.run} (${run.command}), and break off what it is doing?`
    : `Stop ${run.run} (${run.command}), after what it is doing now?`;
  await confirmed(terminal, question, options);
  const how = options.now ? 'abort' : 'stop';
  const heard = await abortRun(store, run.run, how);
  terminal.event({type: 'abort', run: run.run, how, heard});
  return heard;
}

async function ended(store: Store, {run}: RunView, terminal: Terminal): Promise<void> {
  terminal.note(`Told it to, and waits for its end (Ctrl-C: wait no longer). What it does: dr show ${run} --follow`);
  for await (const event of followRun(store, run, {signal: terminal.interrupts.stop})) {
    if (event.type === 'run-ended') terminal.note(`It has ended: ${event.status}`);
  }
  terminal.interrupts.stop.throwIfAborted();
}

const nothingToUndo = 'Nothing of it is to be undone';

/** What takes back what a run has done so far and can be taken back. */
function undoOf({run, plan, steps}: RunView): UndoPlan {
  const records = Object.fromEntries(steps.map(({step, record}) => [step.id, record]));
  return undoPlan(plan, records, {kinds: migrationKinds, run});
}

/** What a run has done and can take back, it takes back when a person says so, or --undo does. */
async function offerUndo(store: Store, run: RunView, options: AbortCommand, terminal: Terminal): Promise<ExitCode> {
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
  await confirmed(terminal, `Undo ${counted(count, 'finished step')} of ${run.run}?`, options);
  return undone(store, undo, {run, options, terminal});
}

const shownMost = 20;

function titled(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${title}\n${listText(lines)}`];
}

function listText(lines: readonly string[]): string {
  const shown = lines.slice(0, shownMost).map(line => `  ${line}`);
  return (lines.length > shownMost ? [...shown, `  and ${lines.length - shownMost} more`] : shown).join('\n');
}

/** The hosts that an undo works on, by dr.yaml. */
async function hostsToUndo(run: RunView, options: AbortCommand, terminal: Terminal) {
  const {estate} = await openEstate(terminal, options);
  const names = new Set(migrationMoves(run.plan).flatMap(({from, to}) => [from, to]));
  return {estate, hosts: [...names].map(name => findHost(estate, name))};
}

async function undone(
  store: Store,
  {plan}: UndoPlan,
  {run, options, terminal}: {run: RunView; options: AbortCommand; terminal: Terminal},
): Promise<ExitCode> {
  const {estate, hosts: named} = await hostsToUndo(run, options, terminal);
  await using opened = openedHosts(named);
  const {hosts} = opened;
  const secrets = await estateSecrets(estate, terminal);
  const outcome = await steerRun(
    plan,
    terminal,
    {store, context: {hosts}, lanes: lanePlaces(estate), secrets},
    steered => runPlan(plan, {...steered, runsFolder: runsFolder(terminal.env)}),
  );
  terminal.event({type: 'undone', run: run.run, by: outcome.run, status: outcome.status});
  if (outcome.status === 'done') {
    terminal.note(`Undone: ${counted(plan.steps.length, 'step')} of ${run.run}`);
    return exitCodes.done;
  }
  terminal.note(`The undo is ${outcome.status}: dr show ${outcome.run}`);
  return outcome.status === 'stopped' ? exitCodes.interrupted : exitCodes.failed;
}
