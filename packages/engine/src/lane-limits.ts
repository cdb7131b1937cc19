import {kernelLocks, lockKey, type RunLocks} from './run-lock.ts';
import type {Store} from './store.ts';

/** What a lane was set to while runs go on. */
export interface LaneLimit {
  readonly places: number;
  /** Bound on all streams of the lane together; only the automatic sets one. */
  readonly bytesPerSecond?: number;
  /** The reason, when it was not a person who set it. */
  readonly why?: string;
}

/** Changes a lane for every run of this store, at once; undefined goes back to dr.yaml's places. */
export async function setLaneFor(
  store: Store,
  lane: string,
  limit: LaneLimit | undefined,
  locks: RunLocks = kernelLocks,
): Promise<void> {
  await store.tx(async t => {
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
  const rows = await store.read(`SELECT id FROM run WHERE state = 'running'`);
  await Promise.all(rows.map(({id}) => locks.poke(lockKey(store.id, String(id)))));
}

/** Who has set a lane, if anybody, and to how many places. */
export async function automaticLane(
  store: Store,
  lane: string,
): Promise<{readonly setBy: 'nobody' | 'automatic' | 'person'; readonly places?: number}> {
  const [row] = await store.read('SELECT places, why FROM lane LEFT JOIN lane_reason USING (name) WHERE name = ?', [
    lane,
  ]);
  if (!row) return {setBy: 'nobody'};
  return {setBy: row.why === null ? 'person' : 'automatic', places: Number(row.places)};
}

/** Forgets what the automatic has set, save where another run still holds places: also what a crashed run left. */
export async function dropAutomaticLanes(store: Store, run: string): Promise<void> {
  const [row] = await store.read('SELECT COUNT(*) AS count FROM lane_reason');
  if (Number(row?.count) === 0) return;
  await store.tx(async t => {
    const unused = 'name NOT IN (SELECT lane FROM hold WHERE run <> ?)';
    await t.q(`DELETE FROM lane WHERE name IN (SELECT name FROM lane_reason) AND ${unused}`, [run]);
    await t.q(`DELETE FROM lane_reason WHERE ${unused}`, [run]);
  });
}
