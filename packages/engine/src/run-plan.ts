import {join} from 'node:path';

import {adaptLanes, type LaneWatch} from './adapt-lanes.ts';
import {Board} from './board.ts';
import {dropUnheardEnds, lastCommand} from './command.ts';
import {Controller} from './controller.ts';
import {RunError} from './engine-error.ts';
import {kindsOf} from './known-kinds.ts';
import {parsePlan} from './parse-plan.ts';
import type {Plan} from './plan.ts';
import {Redaction} from './redaction.ts';
import {openRunFolder, type RunFolder} from './run-folder.ts';
import {newRunId} from './run-id.ts';
import {lockKey} from './run-lock.ts';
import {type RunOptions, type RunOutcome, settledOptions, type SettledOptions} from './run-options.ts';
import {insertRun, readHolds, readLines, readPlan, readRun, readSteps, type RunRow, updateRun} from './run-rows.ts';
import {readerOf, type Store} from './store.ts';
import {lookMoves, runIsAlive, takenUp} from './take-up.ts';

/**
 * Runs a plan to its end, or as far as it comes.
 * @throws {PlanError} when the plan holds kinds that are not known here.
 * @throws {RunError} `SECRET_IN_PLAN`, `FOLDER_UNWRITABLE`, `FENCED`, `STORE_UNWRITABLE` (only after an abort).
 */
export async function runPlan<Context extends object>(
  plan: Plan,
  given: RunOptions<Context> & {readonly run?: string},
): Promise<RunOutcome> {
  const options = settledOptions(given);
  const {store, clock, controller} = options;
  const kinds = kindsOf(plan, options);
  const redaction = new Redaction(options.secrets);
  refuseSecrets(plan, redaction);
  const id = given.run ?? newRunId(clock.now());
  return locked(id, options, async onWake => {
    const folder = options.runsFolder === undefined ? undefined : join(options.runsFolder, id);
    const run: RunRow = {
      id,
      command: plan.intent.command,
      mode: plan.mode,
      digest: plan.digest,
      state: 'running',
      epoch: 1,
      controller,
      folder,
      startedMs: clock.now(),
      endedMs: undefined,
      head: {seq: 0, hash: plan.digest},
      commands: 0,
    };
    // Before there is a run: one that cannot be written down is not begun.
    const runFolder = folder === undefined ? undefined : openRunFolder(folder, plan, []);
    await store.tx(t => insertRun(t, run, plan));
    const board = new Board(plan);
    const driver = new Controller({options, plan, board, run, holds: new Map(), kinds, redaction, folder: runFolder});
    onWake(() => driver.wake());
    return adapted(id, plan, options, lanes =>
      driver.drive(({draft}) => {
        draft.entries.push({type: 'run-started', controller, epoch: 1, digest: plan.digest});
      }, lanes),
    );
  });
}

/**
 * Goes on with a run that stopped, waits or crashed. Every step that was under way is looked at before anything else;
 * what cannot be told waits for a person.
 * @throws {RunError} `NO_SUCH_RUN`, `RUN_IS_ALIVE`, and what `runPlan` throws.
 */
export async function resumeRun<Context extends object>(id: string, given: RunOptions<Context>): Promise<RunOutcome> {
  const options = settledOptions(given);
  const {store, controller} = options;
  const reader = readerOf(store);
  await readRun(reader, id);
  const plan = parsePlan(await readPlan(reader, id), options);
  const kinds = kindsOf(plan, options);
  const redaction = new Redaction(options.secrets);
  // Read before the lock is taken: who tells it to end from then on may mean this controller.
  const last = await lastCommand(reader, id);
  return locked(id, options, async onWake => {
    // The epoch is raised first: whoever still believes to be at the controls is out from here on.
    const {
      row: before,
      run,
      steps,
      holds,
      lines,
    } = await store.tx(async t => {
      const row = await readRun(t, id);
      const next: RunRow = {...row, state: 'running', epoch: row.epoch + 1, controller, endedMs: undefined};
      await updateRun(t, next);
      await dropUnheardEnds(t, id, {after: row.commands, last});
      // What it waited for then; it will say again what it waits for now.
      await t.q('DELETE FROM want WHERE run = ?', [id]);
      return {
        row,
        run: next,
        steps: await readSteps(t, id),
        holds: await readHolds(t, id),
        lines: await readLines(t, id),
      };
    });
    const runFolder = await folderOf(run, {before, plan, lines, store});
    const {board, underway} = takenUp(plan, steps);
    const driver = new Controller({options, plan, board, run, holds, kinds, redaction, folder: runFolder});
    onWake(() => driver.wake());
    return adapted(id, plan, options, lanes =>
      driver.drive((moves, adopted) => {
        moves.draft.entries.push({type: 'run-resumed', controller, epoch: run.epoch, underway});
        if (runFolder?.damage) moves.draft.entries.push({type: 'journal-repaired', damage: runFolder.damage});
        lookMoves(moves, underway, adopted);
      }, lanes),
    );
  });
}

interface TakenRow {
  /** As it was before it was taken up. */
  readonly before: RunRow;
  readonly plan: Plan;
  readonly lines: readonly string[];
  readonly store: Store;
}

/** The folder of a run that is taken up, brought up to the store. Where it cannot be, the run stands as it did. */
async function folderOf(run: RunRow, {before, plan, lines, store}: TakenRow): Promise<RunFolder | undefined> {
  if (run.folder === undefined) return undefined;
  try {
    return openRunFolder(run.folder, plan, lines);
  } catch (error) {
    await store.tx(t => updateRun(t, {...run, state: before.state, endedMs: before.endedMs}));
    throw error;
  }
}

/** Drives a run while its automatic lanes are watched. */
async function adapted<Context>(
  run: string,
  plan: Plan,
  {store, locks, clock, automatic, times}: SettledOptions<Context>,
  drive: (lanes: LaneWatch) => Promise<RunOutcome>,
): Promise<RunOutcome> {
  const watch = await adaptLanes({store, locks, clock, run, plan, automatic, everyMs: times.adaptMs});
  try {
    return await drive(watch);
  } finally {
    await watch.end();
  }
}

async function locked<Context>(
  run: string,
  {locks, store}: SettledOptions<Context>,
  act: (onWake: (wake: () => void) => void) => Promise<RunOutcome>,
): Promise<RunOutcome> {
  let wake: (() => void) | undefined;
  const lock = await locks.take(lockKey(store.id, run), () => wake?.());
  if (!lock) throw runIsAlive(run);
  try {
    return await act(waking => {
      wake = waking;
    });
  } finally {
    await lock.release();
  }
}

function refuseSecrets(plan: Plan, redaction: Redaction): void {
  if (!redaction.finds(plan)) return;
  throw new RunError('SECRET_IN_PLAN', 'The plan holds a secret, and plans are written down', {
    hint: 'Refer to the secret (env, file, command) instead of copying it into the plan',
  });
}
