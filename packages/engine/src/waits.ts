import {Board, type StepRecord} from './board.ts';
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
): Promise<Map<string, Wait[]>> {
  const board = new Board(plan, records);
  const rows = await store.read('SELECT DISTINCT lane, run, step FROM hold ORDER BY lane, run, step');
  const holders = Map.groupBy(rows, ({lane}) => String(lane));
  const waits = new Map<string, Wait[]>();
  for (const step of plan.steps) {
    const record = board.record(step.id);
    if (record.state !== 'pending') continue;
    const needs = board.unmetNeeds(step.id).map(id => ({for: 'step', step: id}) as const);
    const lanes =
      needs.length > 0
        ? []
        : step.lanes.flatMap(({lane}) => {
            const held = holders.get(lane) ?? [];
            if (held.length === 0) return [];
            return [
              {for: 'lane', lane, holders: held.map(row => ({run: String(row.run), step: String(row.step)}))} as const,
            ];
          });
    const {notBeforeMs} = record;
    const time: Wait[] = notBeforeMs > 0 && needs.length === 0 ? [{for: 'time', untilMs: notBeforeMs}] : [];
    waits.set(step.id, [...needs, ...time, ...lanes]);
  }
  return waits;
}
