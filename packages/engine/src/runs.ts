import type {StepRecord} from './board.ts';
import {type Clock, realClock} from './clock.ts';
import {eventOf} from './journal.ts';
import type {Plan, Step} from './plan.ts';
import type {RunEvent, RunStatus} from './run-event.ts';
import {kernelLocks, lockKey, type RunLocks} from './run-lock.ts';
import {readLines, readPlan, readRun, readRuns, readSteps, type RunRow} from './run-rows.ts';
import type {Progress} from './step-kind.ts';
import {readerOf, type Store} from './store.ts';
import {waitsOf, type Wait} from './waits.ts';

/** `crashed`: it says that it runs, and nobody is at its controls. */
export type RunState = 'running' | 'crashed' | RunStatus;

export interface RunSummary {
  readonly run: string;
  readonly command: string;
  readonly mode: string;
  readonly state: RunState;
  readonly controller: string;
  readonly startedMs: number;
  readonly endedMs: number | undefined;
  readonly folder: string | undefined;
  /** How many events it has told so far: the number of the last one. */
  readonly events: number;
}

export interface StepView {
  readonly step: Step;
  readonly record: StepRecord;
  readonly progress: Progress | undefined;
  /** What it waits for, when it has not begun. */
  readonly waits: readonly Wait[];
}

export interface RunView extends RunSummary {
  readonly plan: Plan;
  readonly steps: readonly StepView[];
  /** From 0 to 1, running steps by how far they have come. */
  readonly fraction: number;
}

interface Ways {
  readonly locks?: RunLocks;
  readonly clock?: Clock;
}

/** All runs of a store, newest first. */
export async function listRuns(store: Store, {locks = kernelLocks}: Ways = {}): Promise<RunSummary[]> {
  const rows = await readRuns(readerOf(store));
  return Promise.all(rows.map(row => summary(store, row, locks)));
}

/** A run as it stands now, whoever runs it. @throws {RunError} `NO_SUCH_RUN` */
export async function showRun(
  store: Store,
  run: string,
  {locks = kernelLocks, clock = realClock}: Ways = {},
): Promise<RunView> {
  // Its state first: of a run that has ended, the steps are then read as it left them.
  const state = await summary(store, await readRun(readerOf(store), run), locks);
  const plan = await readPlan(readerOf(store), run);
  const stored = await readSteps(readerOf(store), run);
  const records = new Map(Array.from(stored, ([id, {record}]) => [id, record]));
  const waits = await waitsOf(store, plan, records, clock.now());
  const steps = plan.steps.flatMap(step => {
    const found = stored.get(step.id);
    return found ? [{step, ...found, waits: waits.get(step.id) ?? []}] : [];
  });
  return {...state, plan, steps, fraction: fractionOf(steps)};
}

/** A run's events from the first on, and then as they come, until it has ended or its controller has died. Only reads. */
export async function* followRun(
  store: Store,
  run: string,
  {
    signal,
    clock = realClock,
    locks = kernelLocks,
    after = 0,
    pollMs = 200,
  }: Ways & {signal?: AbortSignal; after?: number; pollMs?: number} = {},
): AsyncGenerator<RunEvent, void, undefined> {
  let seq = after;
  for (let alone = false; ;) {
    // The state first: what was written before the end is then read after it.
    const {state} = await readRun(readerOf(store), run);
    const lines = await readLines(readerOf(store), run, seq);
    for (const line of lines) {
      const event = eventOf(line);
      ({seq} = event);
      yield event;
    }
    if (state !== 'running' || alone || signal?.aborted) return;
    // Silent: nobody may be at its controls any more. What it wrote before that is then read once more.
    alone = lines.length === 0 && !(await locks.poke(lockKey(store.id, run)));
    if (alone) continue;
    try {
      await clock.sleep(pollMs, signal && {signal});
    } catch {
      return;
    }
  }
}

async function summary(store: Store, found: RunRow, locks: RunLocks): Promise<RunSummary> {
  const alone = found.state === 'running' && !(await locks.poke(lockKey(store.id, found.id)));
  // Nobody is at its controls any more: it may have ended since it was read.
  const row = alone ? await readRun(readerOf(store), found.id) : found;
  const {id: run, command: typed, mode, controller, startedMs, endedMs, folder, head} = row;
  const state = alone && row.state === 'running' ? 'crashed' : row.state;
  return {run, command: typed, mode, state, controller, startedMs, endedMs, folder, events: head.seq};
}

function fractionOf(steps: readonly StepView[]): number {
  if (steps.length === 0) return 1;
  const come = steps.map(({record: {state}, progress}) => {
    if (['done', 'failed', 'skipped'].includes(state)) return 1;
    return state === 'running' ? (progress?.fraction ?? 0) : 0;
  });
  return come.reduce<number>((sum, share) => sum + share, 0) / steps.length;
}
