import type {LaneFindings} from '@dr-toolkit/lanes';

import type {Store} from './store.ts';

/** What was found longer ago says nothing of today's storage. */
const trustedMs = 30 * 24 * 60 * 60 * 1000;

/**
 * What was last found of the storage behind a lane. It only spares a run the finding of it: one that cannot read it
 * finds it anew.
 */
export async function readFindings(store: Store, lane: string, nowMs: number): Promise<LaneFindings> {
  const sql = 'SELECT finding, bytes_per_second FROM lane_finding WHERE name = ? AND at_ms BETWEEN ? AND ?';
  const rows = await store.read(sql, [lane, nowMs - trustedMs, nowMs]).catch(() => []);
  const found = rows
    .map(row => [String(row.finding), Number(row.bytes_per_second)] as const)
    .filter(([, speed]) => Number.isFinite(speed) && speed > 0);
  return Object.fromEntries(found);
}

export interface Finding {
  readonly finding: keyof LaneFindings;
  readonly bytesPerSecond: number;
  readonly atMs: number;
}

/** Remembers it for the next run of this store. */
export async function rememberFinding(store: Store, lane: string, found: Finding): Promise<void> {
  const {finding, bytesPerSecond, atMs} = found;
  await store.tx(async t => {
    await t.q(
      `INSERT INTO lane_finding (name, finding, bytes_per_second, at_ms) VALUES (?, ?, ?, ?)
       ON CONFLICT (name, finding) DO UPDATE SET bytes_per_second = excluded.bytes_per_second, at_ms = excluded.at_ms`,
      [lane, finding, Math.round(bytesPerSecond), atMs],
    );
  });
}
