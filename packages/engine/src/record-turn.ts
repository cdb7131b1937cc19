import type {Attempt} from './attempt.ts';
import type {Board} from './board.ts';
import {chained} from './journal.ts';
import type {Draft} from './moves.ts';
import type {OwnLine} from './own-line.ts';
import type {Redaction} from './redaction.ts';
import type {RunEvent, RunStatus} from './run-event.ts';
import {drawTokens, dropHolds, type RunRow, updateRun, writeHolds, writeProgress, writeStep} from './run-rows.ts';
import type {Tx} from './store.ts';

/** What a turn is to leave in the store, beside what is on the board and in its draft. */
export interface TurnRecord {
  readonly run: RunRow;
  readonly board: Board;
  readonly draft: Draft;
  readonly line: OwnLine;
  readonly redaction: Redaction;
  readonly nowMs: number;
  /** How the run ends with this turn, if it does. */
  readonly status: RunStatus | undefined;
  /** The last command that was taken up. */
  readonly commands: number;
}

export interface Recorded {
  readonly run: RunRow;
  /** To be begun once all this is on disk. */
  readonly attempts: readonly Attempt[];
  readonly events: readonly RunEvent[];
  readonly lines: readonly string[];
}

/** Writes a turn: steps, holds, tokens, journal, and the run's own row. */
export async function recordTurn(t: Tx, turn: TurnRecord): Promise<Recorded> {
  const attempts = await recordSteps(t, turn);
  return {attempts, ...(await recordRun(t, turn))};
}

/** Writes what has changed of the steps and their holds, and draws the tokens of what is to begin. */
async function recordSteps(t: Tx, {run, board, draft, line}: TurnRecord): Promise<Attempt[]> {
  const attempts: Attempt[] = [];
  let token = draft.begin.length > 0 ? await drawTokens(t, draft.begin.length) : 0;
  for (const {step: id, mayHaveRun, lookFirst} of draft.begin) {
    const step = board.step(id);
    if (!step) continue;
    const before = board.record(id);
    // How far an earlier attempt had come says nothing of this one.
    if (before.token > 0) await writeProgress(t, run.id, id, undefined);
    const record = {...before, token};
    board.set(id, record);
    attempts.push({step, nr: record.attempt, token, mayHaveRun, lookFirst});
    const lanes = draft.hold.get(id) ?? line.held(id) ?? [];
    draft.entries.push({type: 'step-started', step: id, attempt: record.attempt, token, lanes});
    token++;
  }
  for (const id of board.changed()) await writeStep(t, run.id, id, board.record(id));
  for (const id of draft.release) if (line.held(id)) await dropHolds(t, run.id, id);
  for (const [id, lanes] of draft.hold) await writeHolds(t, run.id, id, lanes);
  return attempts;
}

async function recordRun(
  t: Tx,
  {run: before, board, draft: {entries}, redaction, nowMs, status, commands}: TurnRecord,
): Promise<Omit<Recorded, 'attempts'>> {
  if (status !== undefined) entries.push({type: 'run-ended', status, counts: board.counts()});
  if (entries.length === 0 && commands === before.commands) return {run: before, events: [], lines: []};
  const events: RunEvent[] = [];
  const lines: string[] = [];
  let {head} = before;
  for (const entry of entries) {
    const next = chained(head, redaction.plain(entry), nowMs);
    head = next.head;
    events.push(next.event);
    lines.push(next.line);
    await t.q('INSERT INTO event (run, seq, line) VALUES (?, ?, ?)', [before.id, head.seq, next.line]);
  }
  const endedMs = status === undefined ? undefined : nowMs;
  const run: RunRow = {...before, state: status ?? 'running', endedMs, head, commands};
  await updateRun(t, run);
  if (status !== undefined) await t.q('DELETE FROM want WHERE run = ?', [run.id]);
  if (status !== undefined && status !== 'waiting') await t.q('DELETE FROM lane_for_run WHERE run = ?', [run.id]);
  return {run, events, lines};
}
