import type {Store} from './store.ts';

/** What was found longer ago says nothing of today's storage. */
const trustedMs = 30 * 24 * 60 * 60 * 1000;

/**
 * What the storage behind a lane was last found to bear, in bytes per second; undefined when that is not known. It only
 * spares a run the finding of it: one that cannot read it finds it anew.
 */
export async function readCeiling(store: Store, lane: string, nowMs: number): Promise<number | undefined> {
  const sql = 'SELECT bytes_per_second FROM lane_ceiling WHERE name = ? AND at_ms BETWEEN ? AND ?';
  const [row] = await store.read(sql, [lane, nowMs - trustedMs, nowMs]).catch(() => []);
  const found = Number(row?.bytes_per_second);
  return Number.isFinite(found) && found > 0 ? found : undefined;
}

/** Remembers it for the next run of this store. */
export async function rememberCeiling(
  store: Store,
  lane: string,
  {bytesPerSecond, atMs}: {readonly bytesPerSecond: number; readonly atMs: number},
): Promise<void> {
  await store.tx(async t => {
    await t.q(
      `INSERT INTO lane_ceiling (name, bytes_per_second, at_ms) VALUES (?, ?, ?) ON CONFLICT (name)
       DO UPDATE SET bytes_per_second = excluded.bytes_per_second, at_ms = excluded.at_ms`,
      [lane, Math.round(bytesPerSecond), atMs],
    );
  });
}
