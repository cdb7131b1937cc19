import type {StepRecord} from './board.ts';
import {putCommand} from './command.ts';
import {type Clock, realClock} from './clock.ts';
import {RunError} from './engine-error.ts';
import {eventOf} from './journal.ts';
import type {Json} from './json.ts';
import {dropLaneOfRun, setLaneFor} from './lane-limits.ts';
import type {Plan, Step} from './plan.ts';
import {checkedAnswer} from './question.ts';
import type {RunEvent, RunStatus} from './run-event.ts';
import {kernelLocks, lockKey, type RunLocks} from './run-lock.ts';
import {readLines, readPlan, readRun, readRuns, readSteps, type RunRow} from './run-rows.ts';
import type {Progress} from './step-kind.ts';
import type {Store} from './store.ts';
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
  const rows = await readRuns(reader(store));
  return Promise.all(rows.map(row => summary(store, row, locks)));
}

/** A run as it stands now, whoever runs it. @throws {RunError} `NO_SUCH_RUN` */
export async function showRun(store: Store, run: string, {locks = kernelLocks}: Ways = {}): Promise<RunView> {
  const row = await readRun(reader(store), run);
  const plan = await readPlan(reader(store), run);
  const stored = await readSteps(reader(store), run);
  const records = new Map(Array.from(stored, ([id, {record}]) => [id, record]));
  const waits = await waitsOf(store, plan, records);
  const steps = plan.steps.flatMap(step => {
    const found = stored.get(step.id);
    return found ? [{step, ...found, waits: waits.get(step.id) ?? []}] : [];
  });
  return {...(await summary(store, row, locks)), plan, steps, fraction: fractionOf(steps)};
}

/** A run's events from the first on, and then as they come, until it has ended. Only reads. */
export async function* followRun(
  store: Store,
  run: string,
  {
    signal,
    clock = realClock,
    after = 0,
    pollMs = 200,
  }: Ways & {signal?: AbortSignal; after?: number; pollMs?: number} = {},
): AsyncGenerator<RunEvent, void, undefined> {
  let seq = after;
  for (;;) {
    // The state first: what was written before the end is then read after it.
    const {state} = await readRun(reader(store), run);
    for (const line of await readLines(reader(store), run, seq)) {
      const event = eventOf(line);
      ({seq} = event);
      yield event;
    }
    if (state !== 'running' || signal?.aborted) return;
    try {
      await clock.sleep(pollMs, signal && {signal});
    } catch {
      return;
    }
  }
}

/**
 * Answers a question of a run, from any terminal.
 * @throws {RunError} `NO_SUCH_RUN`, `NO_SUCH_STEP`, `NOT_NOW` when it asks nothing, `BAD_ANSWER`.
 */
export async function answerStep(store: Store, run: string, step: string, value: Json, ways: Ways = {}): Promise<void> {
  const record = await recordOf(store, run, step);
  if (record.state !== 'asking' || !record.question) {
    throw new RunError('NOT_NOW', `Step ${step} asks nothing: it is ${record.state}`, {hint: `See: dr show ${run}`});
  }
  const answer = checkedAnswer(record.question, value);
  await command(store, run, {command: 'answer', step, value: answer}, ways);
}

/** Lets a step that failed, was skipped or cancelled be tried again, and what was skipped for it. */
export async function retryStep(store: Store, run: string, step: string, ways: Ways = {}): Promise<void> {
  const {state} = await recordOf(store, run, step);
  if (!['failed', 'skipped', 'cancelled'].includes(state)) {
    throw new RunError('NOT_NOW', `Step ${step} is ${state}: there is nothing to retry`, {hint: `See: dr show ${run}`});
  }
  await command(store, run, {command: 'retry', step}, ways);
}

/**
 * Ends a run from elsewhere. `stop` starts nothing new and lets what runs end; `abort` ends that too. Answers whether
 * somebody is at its controls to do so: of a crashed run, only resuming can tell what still goes on.
 */
export async function abortRun(
  store: Store,
  run: string,
  how: 'stop' | 'abort' = 'stop',
  ways: Ways = {},
): Promise<boolean> {
  await readRun(reader(store), run);
  const {locks = kernelLocks} = ways;
  const alive = await locks.poke(lockKey(store.id, run));
  if (alive) await command(store, run, {command: how}, ways);
  return alive;
}

/**
 * Changes a lane's places at once, for every run of this store: a lane is shared by all of them. With `forRun` until that
 * run ends, over whatever was set before; otherwise until it is changed again. Undefined takes back what was set so.
 * @throws {RunError} `NO_SUCH_RUN`; `NOT_NOW` when the run has ended, so that there is nothing for it to end with.
 */
export async function setLane(
  store: Store,
  lane: string,
  places: number | undefined,
  {locks = kernelLocks, forRun}: Ways & {readonly forRun?: string | undefined} = {},
): Promise<void> {
  if (forRun === undefined) return setLaneFor(store, lane, places === undefined ? undefined : {places}, locks);
  const {state} = await readRun(reader(store), forRun);
  if (state !== 'running' && state !== 'waiting') {
    throw new RunError('NOT_NOW', `Run ${forRun} is ${state}: a limit for its time would end at once`, {
      hint: `Set it for all runs, until it is changed again: dr lanes ${lane}=${places ?? 'default'}`,
    });
  }
  if (places === undefined) await dropLaneOfRun(store, lane, forRun, locks);
  else await setLaneFor(store, lane, {places, run: forRun}, locks);
}

async function command(store: Store, run: string, wanted: Parameters<typeof putCommand>[2], ways: Ways): Promise<void> {
  const {locks = kernelLocks, clock = realClock} = ways;
  await store.tx(t => putCommand(t, run, wanted, clock.now()));
  await locks.poke(lockKey(store.id, run));
}

async function recordOf(store: Store, run: string, step: string): Promise<StepRecord> {
  await readRun(reader(store), run);
  const found = (await readSteps(reader(store), run)).get(step);
  if (found) return found.record;
  throw new RunError('NO_SUCH_STEP', `Run ${run} has no step ${step}`, {hint: `List them: dr show ${run}`});
}

async function summary(store: Store, row: RunRow, locks: RunLocks): Promise<RunSummary> {
  const {id: run, command: typed, mode, controller, startedMs, endedMs, folder} = row;
  const crashed = row.state === 'running' && !(await locks.poke(lockKey(store.id, run)));
  return {run, command: typed, mode, state: crashed ? 'crashed' : row.state, controller, startedMs, endedMs, folder};
}

function fractionOf(steps: readonly StepView[]): number {
  if (steps.length === 0) return 1;
  const come = steps.map(({record: {state}, progress}) => {
    if (['done', 'failed', 'skipped'].includes(state)) return 1;
    return state === 'running' ? (progress?.fraction ?? 0) : 0;
  });
  return come.reduce<number>((sum, share) => sum + share, 0) / steps.length;
}

function reader(store: Store) {
  return {q: (sql: string, args?: Parameters<Store['read']>[1]) => store.read(sql, args)};
}
