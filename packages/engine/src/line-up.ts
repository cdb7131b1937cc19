import {admit, type LaneGrant, type LanePlaces, type LaneRequest, type Priority, tally} from '@dr-toolkit/lanes';

import {type LaneLimit, readLimits} from './lane-limits.ts';
import type {RunRow} from './run-rows.ts';
import type {Tx} from './store.ts';

/** What the lanes are like for one run at one moment, the other runs of this store counted in. */
export interface LaneView {
  readonly limitOf: (lane: string) => number;
  /** Lanes that are set otherwise than in dr.yaml: for the time of one run, or until they are set again. */
  readonly limitsSet: ReadonlyMap<string, LaneLimit>;
  /** The same without what ends with a run. */
  readonly limitsLasting: ReadonlyMap<string, LaneLimit>;
  /** Places that other runs hold. */
  readonly heldByOthers: ReadonlyMap<string, number>;
  /** Steps of other runs that wait, too: the more urgent go first. */
  readonly othersWaiting: readonly LaneRequest[];
  /** Whether a step of another run is at work on some lane, and will give it back without being asked. */
  readonly othersAtWork: boolean;
  /** Runs that are at work or hold places, beside this one. */
  readonly others: readonly string[];
  /** Those of them that hold places. */
  readonly holders: ReadonlyMap<string, LaneHolding>;
}

/** What another run holds. */
export interface LaneHolding {
  readonly lanes: readonly string[];
  /** Running, as it says; else it has ended so, and what a step of it left cannot be told. */
  readonly state: RunRow['state'];
}

export interface LaneRules {
  readonly lanes: Readonly<Record<string, number>>;
  readonly placesDefault: number;
  /** Whether the places of a crashed controller count: what it began may still go on. */
  readonly countCrashed: boolean;
  readonly isAlive: (run: string) => boolean;
}

/** Reads the lanes inside the transaction that will admit. Holds are counted from their rows each time. */
export async function readLanes(
  t: Tx,
  run: string,
  {lanes, placesDefault, countCrashed, isAlive}: LaneRules,
): Promise<LaneView> {
  const {lasting: limitsLasting, now: limitsSet} = await readLimits(t);
  const holds = await t.q(
    `SELECT run, lane, COUNT(*) AS places FROM hold WHERE run < ? GROUP BY run, lane
     UNION ALL SELECT run, lane, COUNT(*) AS places FROM hold WHERE run > ? GROUP BY run, lane`,
    [run, run],
  );
  const working = await t.q(`SELECT id FROM run WHERE state = 'running' AND id <> ?`, [run]);
  const others = new Set(working.map(({id}) => String(id)));
  const heldByOthers = new Map<string, number>();
  const states = holds.length === 0 ? [] : await t.q('SELECT id, state FROM run WHERE id IN (SELECT run FROM hold)');
  const holders = new Map<string, LaneHolding>();
  for (const hold of holds) {
    const holder = String(hold.run);
    const state = String(states.find(({id}) => id === hold.run)?.state) as RunRow['state'];
    holders.set(holder, {lanes: [...(holders.get(holder)?.lanes ?? []), String(hold.lane)], state});
    others.add(holder);
    if (countCrashed || isAlive(holder))
      tally(heldByOthers, [{lane: String(hold.lane), places: Number(hold.places)}], 1);
  }
  const atWork =
    holds.length === 0
      ? []
      : await t.q(
          `SELECT DISTINCT hold.run FROM hold JOIN step ON step.run = hold.run AND step.id = hold.step
           WHERE hold.run <> ? AND step.state = 'running'`,
          [run],
        );
  const wants = others.size === 0 ? [] : await t.q('SELECT * FROM want WHERE run <> ?', [run]);
  return {
    limitOf: lane => limitsSet.get(lane)?.places ?? lanes[lane] ?? placesDefault,
    limitsSet,
    limitsLasting,
    heldByOthers,
    othersWaiting: wants.flatMap(row => {
      if (!isAlive(String(row.run))) return [];
      const request: LaneRequest = {
        id: `${String(row.run)}\0${String(row.step)}`,
        lanes: JSON.parse(String(row.lanes)) as LanePlaces[],
        priority: String(row.priority) as Priority,
        sinceMs: Number(row.since_ms),
      };
      return [request];
    }),
    othersAtWork: atWork.some(row => isAlive(String(row.run))),
    others: [...others],
    holders,
  };
}

export interface LineOptions {
  readonly run: string;
  readonly nowMs: number;
  /** Places this run holds. */
  readonly held: ReadonlyMap<string, number>;
  /** How many may start; less than none while more run than may, as an answer can begin one. */
  readonly most: number;
}

/** Which of this run's requests may start, with the other runs standing in the same line. */
export function grants(
  requests: readonly LaneRequest[],
  view: LaneView,
  {run, nowMs, held, most}: LineOptions,
): Array<LaneGrant<LaneRequest>> {
  const all = new Map(held);
  for (const [lane, places] of view.heldByOthers) tally(all, [{lane, places}], 1);
  if (view.othersWaiting.length === 0) return admit(requests, {held: all, limitOf: view.limitOf, nowMs, most});
  const own = new Set(requests);
  // Every run must see the same line: of those who came at the same moment, the run with the lesser name is first.
  const {lesser = [], greater = []} = Object.groupBy(view.othersWaiting, ({id}) => (id < run ? 'lesser' : 'greater'));
  const granted = admit([...lesser, ...requests, ...greater], {held: all, limitOf: view.limitOf, nowMs});
  return granted.filter(({request}) => own.has(request)).slice(0, Math.max(0, most));
}

/** How many of a run's waiting steps the other runs see. */
const wantsMost = 32;

/** Tells the other runs who waits here; `told` is what they were told last. */
export async function writeWants(
  t: Tx,
  run: string,
  waiting: readonly LaneRequest[],
  told: ReadonlySet<string>,
): Promise<Set<string>> {
  const wanted = waiting.slice(0, wantsMost);
  const ids = new Set(wanted.map(({id}) => id));
  for (const id of told) {
    if (!ids.has(id)) await t.q('DELETE FROM want WHERE run = ? AND step = ?', [run, id]);
  }
  for (const {id, priority, sinceMs, lanes} of wanted) {
    if (told.has(id)) continue;
    await t.q(
      'INSERT INTO want (run, step, priority, since_ms, lanes) VALUES (?, ?, ?, ?, ?) ON CONFLICT (run, step) DO NOTHING',
      [run, id, priority, sinceMs, JSON.stringify(lanes)],
    );
  }
  return ids;
}
