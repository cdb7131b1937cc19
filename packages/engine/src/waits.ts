import {Board, type StepRecord} from './board.ts';
import {isDue} from './moves.ts';
import type {Plan} from './plan.ts';
import type {Store} from './store.ts';

/** Why a step has not begun. */
export type Wait =
  | {readonly for: 'step'; readonly step: string}
  /** Its lane is full; `holders` are the steps that hold its places, with their runs. */
  | {readonly for: 'lane'; readonly lane: string; readonly holders: ReadonlyArray<{run: string; step: string}>}
  /** Its next attempt is due then. */
  | {readonly for: 'time'; readonly untilMs: number};

/** What each step that has not begun waits for: steps first, then lanes that others hold. */
export async function waitsOf(
  store: Store,
  plan: Plan,
  records: ReadonlyMap<string, StepRecord>,
  nowMs: number,
): Promise<Map<string, Wait[]>> {
  return waitsOn(new Board(plan, records), await readHolders(store), nowMs);
}

/** A step that holds a place on a lane. */
export interface LaneHolder {
  readonly lane: string;
  readonly run: string;
  readonly step: string;
}

/** All that holds places now, of every run of a store. */
export async function readHolders(store: Store): Promise<LaneHolder[]> {
  const rows = await store.read('SELECT DISTINCT lane, run, step FROM hold ORDER BY lane, run, step');
  return rows.map(({lane, run, step}) => ({lane: String(lane), run: String(run), step: String(step)}));
}

/** What each step of a board that has not begun waits for, when these hold places. */
export function waitsOn(board: Board, held: readonly LaneHolder[], nowMs: number): Map<string, Wait[]> {
  const holders = Map.groupBy(held, ({lane}) => lane);
  const waits = new Map<string, Wait[]>();
  for (const step of board.plan.steps) {
    const record = board.record(step.id);
    if (record.state !== 'pending') continue;
    const needs = board.unmetNeeds(step.id).map(id => ({for: 'step', step: id}) as const);
    const lanes =
      needs.length > 0
        ? []
        : step.lanes.flatMap(({lane}) => {
            const there = holders.get(lane) ?? [];
            if (there.length === 0) return [];
            return [{for: 'lane', lane, holders: there.map(({run, step: holder}) => ({run, step: holder}))} as const];
          });
    const {notBeforeMs} = record;
    const time: Wait[] = !isDue(notBeforeMs, nowMs) && needs.length === 0 ? [{for: 'time', untilMs: notBeforeMs}] : [];
    waits.set(step.id, [...needs, ...time, ...lanes]);
  }
  return waits;
}
