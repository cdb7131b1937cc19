import {Board, type StepRecord} from './board.ts';
import {RunError} from './engine-error.ts';
import {beginMove, type Moves} from './moves.ts';
import type {Plan} from './plan.ts';
import type {StoredStep} from './run-rows.ts';

/** A run as whoever takes it up finds it. */
export interface TakenUp {
  readonly board: Board;
  /** Steps that were under way when nobody was at its controls any more. */
  readonly underway: readonly string[];
}

/** The board of a run that is taken up: what was cancelled is to be done after all. */
export function takenUp(plan: Plan, steps: ReadonlyMap<string, StoredStep>): TakenUp {
  const board = new Board(plan, new Map(Array.from(steps, ([step, {record}]) => [step, pendingAgain(record)])));
  return {board, underway: board.inState('running')};
}

/** What was under way is looked at before anything else; not what somebody still performs (`adopted`). */
export function lookMoves(moves: Moves, underway: readonly string[], adopted: ReadonlySet<number>): void {
  for (const step of underway) {
    if (adopted.has(moves.board.record(step).token)) continue;
    beginMove(moves, {step, mayHaveRun: true, lookFirst: true});
  }
}

export function runIsAlive(run: string): RunError {
  return new RunError('RUN_IS_ALIVE', `Run ${run} is being run by another process`, {
    hint: `Follow it: dr show ${run} --follow`,
  });
}

function pendingAgain(record: StepRecord): StepRecord {
  return record.state === 'cancelled' ? {...record, state: 'pending', notBeforeMs: 0} : record;
}
