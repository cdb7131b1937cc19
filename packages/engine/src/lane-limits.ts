import {kernelLocks, lockKey, type RunLocks} from './run-lock.ts';
import {type Reader, readerOf, type Row, type Store} from './store.ts';

/** What a lane was set to while runs go on. */
export interface LaneLimit {
  readonly places: number;
  /** Bound on all streams of the lane together; only a run that watches the lane sets one. */
  readonly bytesPerSecond?: number;
  /** The reason, when it was not a person who set it. */
  readonly why?: string;
  /** The run with which it ends; absent: it stays until it is set again. */
  readonly run?: string;
}

/** Lanes that are set otherwise than in dr.yaml. `lasting`: until they are set again; `now`: with what ends with a run. */
export type LaneLimits = Readonly<Record<'lasting' | 'now', ReadonlyMap<string, LaneLimit>>>;

export async function readLimits(t: Reader): Promise<LaneLimits> {
  const rows = await t.q('SELECT name, places, why, bytes_per_second FROM lane LEFT JOIN lane_reason USING (name)');
  const lasting = new Map(rows.map(row => [String(row.name), limitOf(row)]));
  const now = new Map(lasting);
  for (const row of await t.q('SELECT name, places, run FROM lane_for_run')) {
    now.set(String(row.name), {places: Number(row.places), run: String(row.run)});
  }
  return {lasting, now};
}

/** Lanes that are set otherwise than in dr.yaml at present. */
export async function laneLimits(store: Store): Promise<ReadonlyMap<string, LaneLimit>> {
  return (await readLimits(readerOf(store))).now;
}

/** The limits after a person has set a lane, or taken a setting back: what `setLaneFor` and `dropLaneOfRun` write. */
export function limitsAfter(
  {lasting, now}: LaneLimits,
  {lane, places}: {readonly lane: string; readonly places: number | undefined},
  run: string | undefined,
): LaneLimits {
  if (run !== undefined && places !== undefined) return {lasting, now: new Map([...now, [lane, {places, run}]])};
  if (run !== undefined)
    return now.get(lane)?.run === run ? {lasting, now: exposed(lane, lasting, now)} : {lasting, now};
  const after = new Map(lasting);
  if (places === undefined) after.delete(lane);
  else after.set(lane, {places});
  return {lasting: after, now: exposed(lane, after, now)};
}

/** The limits once nothing lies over what lasts of `lane`. */
function exposed(lane: string, lasting: LaneLimits['lasting'], now: LaneLimits['now']): LaneLimits['now'] {
  const limit = lasting.get(lane);
  const others = [...now].filter(([other]) => other !== lane);
  return new Map(limit ? [...others, [lane, limit]] : others);
}

function limitOf({places, why, bytes_per_second: bytesPerSecond}: Row): LaneLimit {
  return {
    places: Number(places),
    ...(why !== null && {why: String(why)}),
    ...(bytesPerSecond !== null && {bytesPerSecond: Number(bytesPerSecond)}),
  };
}

/**
 * Changes a lane for every run of this store, at once; undefined goes back to dr.yaml's places. What is set for the time
 * of one run lies over what was set before, and gives way to what is set later.
 */
export async function setLaneFor(
  store: Store,
  lane: string,
  limit: LaneLimit | undefined,
  locks: RunLocks = kernelLocks,
): Promise<void> {
  await store.tx(async t => {
    if (limit?.why === undefined) await t.q('DELETE FROM lane_for_run WHERE name = ?', [lane]);
    if (limit?.run !== undefined) {
      await t.q('INSERT INTO lane_for_run (name, run, places) VALUES (?, ?, ?)', [lane, limit.run, limit.places]);
      return;
    }
    await t.q('DELETE FROM lane_reason WHERE name = ?', [lane]);
    if (!limit) {
      await t.q('DELETE FROM lane WHERE name = ?', [lane]);
      return;
    }
    await t.q(
      'INSERT INTO lane (name, places) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET places = excluded.places',
      [lane, limit.places],
    );
    if (limit.why === undefined) return;
    await t.q('INSERT INTO lane_reason (name, why, bytes_per_second) VALUES (?, ?, ?)', [
      lane,
      limit.why,
      limit.bytesPerSecond ?? null,
    ]);
  });
  await wakeRuns(store, locks);
}

/** Who has set a lane, if anybody, and to how many places. */
export async function laneSetting(
  store: Store,
  lane: string,
): Promise<{readonly setBy: 'nobody' | 'automatic' | 'person'; readonly places?: number}> {
  const [forRun] = await store.read('SELECT places FROM lane_for_run WHERE name = ?', [lane]);
  if (forRun) return {setBy: 'person', places: Number(forRun.places)};
  const [row] = await store.read('SELECT places, why FROM lane LEFT JOIN lane_reason USING (name) WHERE name = ?', [
    lane,
  ]);
  if (!row) return {setBy: 'nobody'};
  return {setBy: row.why === null ? 'person' : 'automatic', places: Number(row.places)};
}

/** Forgets what runs have set by themselves, crashed ones too, except where another run still holds places. */
export async function dropAutomaticLanes(store: Store, run: string): Promise<void> {
  const [row] = await store.read('SELECT COUNT(*) AS count FROM lane_reason');
  if (Number(row?.count) === 0) return;
  await store.tx(async t => {
    const unused = 'name NOT IN (SELECT lane FROM hold WHERE run <> ?)';
    await t.q(`DELETE FROM lane WHERE name IN (SELECT name FROM lane_reason) AND ${unused}`, [run]);
    await t.q(`DELETE FROM lane_reason WHERE ${unused}`, [run]);
  });
}

/** Takes back what was set for the time of one run. */
export async function dropLaneOfRun(store: Store, lane: string, run: string, locks: RunLocks): Promise<void> {
  await store.tx(async t => {
    await t.q('DELETE FROM lane_for_run WHERE name = ? AND run = ?', [lane, run]);
  });
  await wakeRuns(store, locks);
}

async function wakeRuns(store: Store, locks: RunLocks): Promise<void> {
  const rows = await store.read(`SELECT id FROM run WHERE state = 'running'`);
  await Promise.all(rows.map(({id}) => locks.poke(lockKey(store.id, String(id)))));
}
