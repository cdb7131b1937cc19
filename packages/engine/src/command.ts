import type {Reader, Tx} from './store.ts';

/** What somebody wants of a run. It is taken up by the run's controller, now or when it is resumed. */
export type Command =
  | {readonly command: 'stop'}
  | {readonly command: 'abort'}
  | {
      readonly command: 'answer';
      readonly step: string;
      readonly value: boolean | string;
      /** Of the attempt that asked: what is asked after another one is another question. */
      readonly token?: number;
    }
  | {readonly command: 'retry'; readonly step: string};

export async function putCommand(t: Tx, run: string, command: Command, atMs: number): Promise<void> {
  await t.q(
    `INSERT INTO command (run, seq, at_ms, command)
     VALUES (?, (SELECT COALESCE(MAX(seq), 0) + 1 FROM command WHERE run = ?), ?, ?)`,
    [run, run, atMs, JSON.stringify(command)],
  );
}

export async function commandsAfter(
  t: Reader,
  run: string,
  seq: number,
): Promise<Array<{seq: number; command: Command}>> {
  const rows = await t.q('SELECT seq, command FROM command WHERE run = ? AND seq > ? ORDER BY seq', [run, seq]);
  return rows.map(row => ({seq: Number(row.seq), command: JSON.parse(String(row.command)) as Command}));
}

/** The last command that was put to a run; 0 when there was none. Commands are counted from 1. */
export async function lastCommand(t: Reader, run: string): Promise<number> {
  const [row] = await t.q('SELECT COALESCE(MAX(seq), 0) AS seq FROM command WHERE run = ?', [run]);
  return Number(row?.seq);
}

/** Whether it was said to whoever was at the controls then, not to the run: the next controller does not obey it. */
export function endsController({command}: Command): boolean {
  return command === 'stop' || command === 'abort';
}

/** Drops, of the commands after `after` up to `last`, those for a controller that died before it heard them. */
export async function dropUnheardEnds(
  t: Tx,
  run: string,
  {after, last}: {readonly after: number; readonly last: number},
): Promise<void> {
  for (const {seq, command} of await commandsAfter(t, run, after)) {
    if (seq <= last && endsController(command)) await t.q('DELETE FROM command WHERE run = ? AND seq = ?', [run, seq]);
  }
}
