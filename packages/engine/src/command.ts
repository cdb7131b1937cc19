import type {Tx} from './store.ts';

/** What somebody wants of a run. It is taken up by the run's controller, now or when it is resumed. */
export type Command =
  | {readonly command: 'stop'}
  | {readonly command: 'abort'}
  | {readonly command: 'answer'; readonly step: string; readonly value: boolean | string}
  | {readonly command: 'retry'; readonly step: string};

export async function putCommand(t: Tx, run: string, command: Command, atMs: number): Promise<void> {
  await t.q(
    `INSERT INTO command (run, seq, at_ms, command)
     VALUES (?, (SELECT COALESCE(MAX(seq), 0) + 1 FROM command WHERE run = ?), ?, ?)`,
    [run, run, atMs, JSON.stringify(command)],
  );
}

export async function commandsAfter(t: Tx, run: string, seq: number): Promise<Array<{seq: number; command: Command}>> {
  const rows = await t.q('SELECT seq, command FROM command WHERE run = ? AND seq > ? ORDER BY seq', [run, seq]);
  return rows.map(row => ({seq: Number(row.seq), command: JSON.parse(String(row.command)) as Command}));
}
