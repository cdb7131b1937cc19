import {Board, type StepRecord} from './board.ts';
import {type Clock, realClock} from './clock.ts';
import {putCommand} from './command.ts';
import {RunError} from './engine-error.ts';
import type {Json} from './json.ts';
import {dropLaneOfRun, type LaneLimit, type LaneLimits, limitsAfter, readLimits, setLaneFor} from './lane-limits.ts';
import {checkedAnswer} from './question.ts';
import {kernelLocks, lockKey, type RunLocks} from './run-lock.ts';
import {readPlan, readRun, readSteps} from './run-rows.ts';
import {readerOf, type Store} from './store.ts';

/** What can be said to a run from any terminal. Each wish has a way to see what comes of it, which only reads. */

interface Ways {
  readonly locks?: RunLocks;
  readonly clock?: Clock;
}

/**
 * An answer in the form in which the run takes it, when it can be given now. Only reads.
 * @throws {RunError} `NO_SUCH_RUN`, `NO_SUCH_STEP`, `NOT_NOW` when it asks nothing, `BAD_ANSWER`.
 */
export async function acceptedAnswer(store: Store, run: string, step: string, value: Json): Promise<boolean | string> {
  return answerTo(recordIn(await recordsOf(store, run), run, step), run, step, value);
}

function answerTo({state, question}: StepRecord, run: string, step: string, value: Json): boolean | string {
  if (state === 'asking' && question) return checkedAnswer(question, value);
  throw new RunError('NOT_NOW', `Step ${step} asks nothing: it is ${state}`, {hint: `See: dr show ${run}`});
}

/**
 * Answers a question of a run. `asked` is the token of the step whose question the person has seen.
 * @throws {RunError} as `acceptedAnswer` does; `NOT_NOW` also when something else is asked by now.
 */
export async function answerStep(
  store: Store,
  run: string,
  step: string,
  value: Json,
  {asked, ...ways}: Ways & {readonly asked?: number | undefined} = {},
): Promise<void> {
  const record = recordIn(await recordsOf(store, run), run, step);
  if (asked !== undefined && record.state === 'asking' && record.token !== asked) {
    throw new RunError('NOT_NOW', `Step ${step} was answered meanwhile, and asks anew`, {hint: `See: dr show ${run}`});
  }
  const answer = answerTo(record, run, step, value);
  await command(store, run, {command: 'answer', step, value: answer, token: record.token}, ways);
}

/**
 * The steps that are tried again when this one is: itself, and what was skipped for it. Only reads.
 * @throws {RunError} `NO_SUCH_RUN`, `NO_SUCH_STEP`, `NOT_NOW` when it did not end badly, or only for another one that did.
 */
export async function retriedSteps(store: Store, run: string, step: string): Promise<string[]> {
  const records = await recordsOf(store, run);
  const {state} = recordIn(records, run, step);
  const board = new Board(await readPlan(readerOf(store), run), records);
  if (!['failed', 'skipped', 'cancelled'].includes(state)) {
    throw new RunError('NOT_NOW', `Step ${step} is ${state}: there is nothing to retry`, {hint: `See: dr show ${run}`});
  }
  const cause = board.causeOf(step);
  if (cause !== undefined) {
    throw new RunError('NOT_NOW', `Step ${step} is ${state}, as ${cause} was not done: that comes first`, {
      hint: `Let that be tried again, and with it what was left out for it: dr retry ${run} ${cause}`,
    });
  }
  return [step, ...board.skippedFor(step)];
}

/** Lets a step that failed, was skipped or cancelled be tried again, and what was skipped for it. */
export async function retryStep(store: Store, run: string, step: string, ways: Ways = {}): Promise<void> {
  await retriedSteps(store, run, step);
  await command(store, run, {command: 'retry', step}, ways);
}

/**
 * Ends a run from elsewhere. `stop` starts nothing new and lets what runs end; `abort` ends that too. Answers whether
 * somebody is at its controls to do so: of a crashed run, only resuming can tell what still goes on.
 */
export async function abortRun(store: Store, run: string, how: 'stop' | 'abort', ways: Ways = {}): Promise<boolean> {
  await readRun(readerOf(store), run);
  const {locks = kernelLocks, clock = realClock} = ways;
  const key = lockKey(store.id, run);
  if (!(await locks.poke(key))) return false;
  const heard = await store.tx(async t => {
    // It has written its end and holds its lock a moment longer: its next controller would take this for itself.
    if ((await readRun(t, run)).state !== 'running') return false;
    await putCommand(t, run, {command: how}, clock.now());
    return true;
  });
  if (heard) await locks.poke(key);
  return heard;
}

/** A lane, and how many places it is to have; undefined takes back what was set. */
export interface LaneWish {
  readonly lane: string;
  readonly places: number | undefined;
}

/**
 * The limits that lanes would have after these wishes. Only reads.
 * @throws {RunError} as `setLane` does.
 */
export async function lanesAfter(
  store: Store,
  wishes: readonly LaneWish[],
  {forRun}: {readonly forRun?: string | undefined} = {},
): Promise<ReadonlyMap<string, LaneLimit>> {
  let limits: LaneLimits = await readLimits(readerOf(store));
  for (const wish of wishes) {
    await refuseEnded(store, wish, forRun);
    limits = limitsAfter(limits, wish, forRun);
  }
  return limits.now;
}

/**
 * Changes a lane's places at once, for every run of this store: a lane is shared by all of them. With `forRun` until that
 * run ends, over whatever was set before; otherwise until it is changed again.
 * @throws {RunError} `NO_SUCH_RUN`; `NOT_NOW` when the run has ended, so that there is nothing for it to end with.
 */
export async function setLane(
  store: Store,
  {lane, places}: LaneWish,
  {locks = kernelLocks, forRun}: Ways & {readonly forRun?: string | undefined} = {},
): Promise<void> {
  await refuseEnded(store, {lane, places}, forRun);
  if (forRun === undefined) await setLaneFor(store, lane, places === undefined ? undefined : {places}, locks);
  else if (places === undefined) await dropLaneOfRun(store, lane, forRun, locks);
  else await setLaneFor(store, lane, {places, run: forRun}, locks);
}

async function refuseEnded(store: Store, {lane, places}: LaneWish, forRun: string | undefined): Promise<void> {
  if (forRun === undefined) return;
  const {state} = await readRun(readerOf(store), forRun);
  if (state === 'running' || state === 'waiting') return;
  throw new RunError('NOT_NOW', `Run ${forRun} is ${state}: a limit for its time would end at once`, {
    hint: `Set it for all runs, until it is changed again: dr lanes ${lane}=${places ?? 'default'}`,
  });
}

async function command(store: Store, run: string, wanted: Parameters<typeof putCommand>[2], ways: Ways): Promise<void> {
  const {locks = kernelLocks, clock = realClock} = ways;
  await store.tx(t => putCommand(t, run, wanted, clock.now()));
  await locks.poke(lockKey(store.id, run));
}

async function recordsOf(store: Store, run: string): Promise<Map<string, StepRecord>> {
  await readRun(readerOf(store), run);
  return new Map(Array.from(await readSteps(readerOf(store), run), ([id, {record}]) => [id, record]));
}

function recordIn(records: ReadonlyMap<string, StepRecord>, run: string, step: string): StepRecord {
  const record = records.get(step);
  if (record) return record;
  throw new RunError('NO_SUCH_STEP', `Run ${run} has no step ${step}`, {hint: `List them: dr show ${run}`});
}
