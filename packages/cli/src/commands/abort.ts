import {
  abortRun,
  followRun,
  openStore,
  runPlan,
  type RunView,
  showRun,
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
import {runsFolder, storeFile} from '../run-places.ts';
import {steerRun} from '../steer-run.ts';
import {confirmed, type Terminal} from '../terminal.ts';

export type AbortCommand = GlobalOptions & {readonly now?: boolean | undefined; readonly undo?: boolean | undefined};

/** `dr abort RUN [--now] [--undo]` */
export async function abort(wanted: string, options: AbortCommand, terminal: Terminal): Promise<ExitCode> {
  const store = openStore(storeFile(terminal.env));
  try {
    const run = await showRun(store, await findRun(store, wanted));
    if (run.state === 'crashed') {
      throw new CliError('BLOCKED', `Run ${run.run} crashed, so there is nobody to stop`, {
        hint: `See what it left behind, and end it: dr resume ${run.run}`,
      });
    }
    const heard = run.state === 'running' && (await end(store, run, options, terminal));
    if (!heard) terminal.note(`Run ${run.run} is ${run.state}: nobody is at its controls`);
    if (heard && !options.undo && !terminal.canAsk) {
      terminal.note(`Told it to. See it end: dr show ${run.run} --follow`);
      return exitCodes.done;
    }
    if (heard) await ended(store, run, terminal);
    return await offerUndo(store, await showRun(store, run.run), options, terminal);
  } finally {
    await store.close();
  }
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

/** What a run has done and can take back, it takes back when a person says so, or --undo does. */
async function offerUndo(store: Store, run: RunView, options: AbortCommand, terminal: Terminal): Promise<ExitCode> {
  const records = Object.fromEntries(run.steps.map(({step, record}) => [step.id, record]));
  const undo = undoPlan(run.plan, records, {kinds: migrationKinds, run: run.run});
  const count = undo.plan.steps.length;
  if (count === 0) {
    if (options.undo) terminal.note('Nothing of it is to be undone');
    return exitCodes.done;
  }
  const titles = undo.plan.steps.map(({title}) => `  ${title}`);
  terminal.note(
    ['Can be undone:', ...titles.slice(0, 20), ...(count > 20 ? [`  and ${count - 20} more`] : [])].join('\n'),
  );
  if (!options.undo && (!terminal.canAsk || options.yes)) {
    terminal.note(`To undo: dr abort ${run.run} --undo`);
    return exitCodes.done;
  }
  await confirmed(terminal, `Undo ${counted(count, 'finished step')} of ${run.run}?`, options);
  return undone(store, undo, {run, options, terminal});
}

async function undone(
  store: Store,
  {plan}: UndoPlan,
  {run, options, terminal}: {run: RunView; options: AbortCommand; terminal: Terminal},
): Promise<ExitCode> {
  const {estate} = await openEstate(terminal, options);
  const names = new Set(migrationMoves(run.plan).flatMap(({from, to}) => [from, to]));
  await using opened = openedHosts([...names].map(name => findHost(estate, name)));
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
