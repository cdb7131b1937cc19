import {followRun, listRuns, type RunSummary, type RunView, showRun} from '@dr-toolkit/engine';

import {clockText, percentText, timeText} from '../amounts.ts';
import {CliError} from '../cli-error.ts';
import {plainLines} from '../display/plain-lines.ts';
import {type ExitCode, exitCodes} from '../exit-code.ts';
import {findRun} from '../find-run.ts';
import {journalFault} from '../journal-fault.ts';
import type {GlobalOptions} from '../open-estate.ts';
import {questionsText} from '../questions-text.ts';
import {RunView as View} from '../run-view.ts';
import {tableText} from '../table.ts';
import type {Terminal} from '../terminal.ts';
import {undoneBy, undoText} from '../undone-by.ts';
import {withRuns, withStoreToRead} from '../user-store.ts';
import {waitText} from '../waits-text.ts';

/** `dr runs` */
export async function runs(_options: GlobalOptions, terminal: Terminal): Promise<ExitCode> {
  return withStoreToRead(terminal, async store => {
    const summaries = store ? await listRuns(store) : [];
    for (const run of summaries) terminal.event({type: 'run', ...run});
    terminal.say(summaries.length === 0 ? 'Nothing has run yet' : runsText(summaries, Date.now()));
    return exitCodes.done;
  });
}

/** `dr show RUN [--follow]` */
export async function show(
  wanted: string,
  options: GlobalOptions & {readonly follow?: boolean | undefined},
  terminal: Terminal,
): Promise<ExitCode> {
  return withRuns(terminal, 'read', async store => {
    const run = await showRun(store, await findRun(store, wanted));
    if (!options.follow) {
      const fault = journalFault(run);
      terminal.event({type: 'run', ...run, ...(fault !== undefined && {journalFault: fault})});
      const undo = await undoneBy(store, run);
      terminal.say(runText(run, Date.now(), {undone: undo && undoText(undo, run.command), fault}));
      return exitCodes.done;
    }
    const view = new View(run.plan);
    const display = plainLines(view, {note: text => terminal.say(text)});
    const signal = AbortSignal.any([terminal.interrupts.stop, terminal.unread]);
    for await (const event of followRun(store, run.run, {signal})) {
      terminal.event(event);
      display.event(event, view.apply(event));
    }
    // Only the end of the run is an end: `dr show last --follow && ...` is not to go on without it.
    if (terminal.interrupts.stop.aborted) return exitCodes.interrupted;
    if (!signal.aborted && (await showRun(store, run.run)).state === 'crashed') throw crashed(run.run);
    return exitCodes.done;
  });
}

function crashed(run: string): CliError {
  return new CliError('CRASHED', `Run ${run} crashed: nobody is at its controls`, {
    hint: `Look at what it left, and go on: dr resume ${run}`,
  });
}

function runsText(summaries: readonly RunSummary[], nowMs: number): string {
  return tableText(
    [{title: 'RUN'}, {title: 'STATE'}, {title: 'STARTED'}, {title: 'TOOK', align: 'right'}, {title: 'COMMAND'}],
    summaries.map(({run, state, startedMs, endedMs, command}) => [
      run,
      state,
      clockText(startedMs),
      tookText({state, startedMs, endedMs}, nowMs),
      command,
    ]),
  );
}

export function runText(
  {run, state, command, startedMs, endedMs, fraction, folder, steps}: RunView,
  nowMs: number,
  {
    undone,
    fault,
  }: {readonly undone?: ReturnType<typeof undoText> | undefined; readonly fault?: string | undefined} = {},
): string {
  const head = [
    `${run}  ${state}, ${percentText(fraction)}`,
    `  dr ${command}`,
    `  started ${clockText(startedMs)}, took ${tookText({state, startedMs, endedMs}, nowMs)}`,
    ...(folder === undefined ? [] : [`  journal: ${folder}`]),
    ...(fault === undefined ? [] : [`           ${fault}; what follows is from the store, which is whole`]),
  ];
  const table = tableText(
    [{title: 'STEP'}, {title: 'STATE'}, {title: 'TOOK', align: 'right'}, {title: 'REMARK'}],
    steps.map(({step, record, progress, waits}) => [
      step.id,
      record.state,
      record.startedMs === undefined || record.endedMs === undefined
        ? '-'
        : timeText(record.endedMs - record.startedMs),
      record.error?.message ??
        record.question?.text ??
        (record.state === 'running' ? progressOf(progress?.fraction) : undefined) ??
        waitText(waits),
    ]),
  );
  const failures = steps.flatMap(({step, record}) =>
    record.error?.hint === undefined ? [] : [`${step.id}: ${record.error.message}\n  ${record.error.hint}`],
  );
  const next = undone === undefined ? nextTexts(run, state) : `It was ${undone.text}. ${undone.hint}`;
  const questions = questionsText({run, steps});
  return [head.join('\n'), table, ...failures, ...questions, ...(next === undefined ? [] : [next])].join('\n\n');
}

/** When a crashed run ended is not known. */
function tookText(
  {state, startedMs, endedMs}: Pick<RunSummary, 'state' | 'startedMs' | 'endedMs'>,
  nowMs: number,
): string {
  const until = endedMs ?? (state === 'running' ? nowMs : undefined);
  return until === undefined ? '-' : timeText(until - startedMs);
}

function progressOf(fraction: number | undefined): string | undefined {
  return fraction === undefined ? undefined : percentText(fraction);
}

function nextTexts(run: string, state: RunSummary['state']): string | undefined {
  const next: Partial<Record<RunSummary['state'], string>> = {
    crashed: `Nobody is at its controls. Look at what it left, and go on: dr resume ${run}`,
    stopped: `To go on: dr resume ${run}`,
    waiting: `It waits for an answer. When that has been given, to go on: dr resume ${run}`,
    running: `See it go on: dr show ${run} --follow`,
  };
  return next[state];
}
