import type {LanePlaces} from '@dr-toolkit/lanes';

import {type StepRecord, type StepState, untouched} from './board.ts';
import {RunError} from './engine-error.ts';
import type {ChainHead} from './journal.ts';
import type {Json} from './json.ts';
import type {Plan} from './plan.ts';
import type {Progress} from './step-kind.ts';
import type {RunStatus} from './run-event.ts';
import type {Reader, Row, SqlValue, Tx} from './store.ts';

/** How runs and steps lie in the tables: the engine's statements, the same for every store. */

/** A run as its row has it. `running` with nobody at its controls has crashed. */
export interface RunRow {
  readonly id: string;
  readonly command: string;
  readonly mode: string;
  readonly digest: string;
  readonly state: 'running' | RunStatus;
  readonly epoch: number;
  readonly controller: string;
  readonly folder: string | undefined;
  readonly startedMs: number;
  readonly endedMs: number | undefined;
  readonly head: ChainHead;
  /** The last command that was taken up. */
  readonly commands: number;
}

const runColumns =
  'id, command, mode, digest, state, epoch, controller, folder, started_ms, ended_ms, head, events, commands';

export async function insertRun(t: Tx, run: RunRow, plan: Plan): Promise<void> {
  await t.q(`INSERT INTO run (${runColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, [
    run.id,
    run.command,
    run.mode,
    run.digest,
    run.state,
    run.epoch,
    run.controller,
    run.folder ?? null,
    run.startedMs,
    run.endedMs ?? null,
    run.head.hash,
    run.head.seq,
    run.commands,
  ]);
  await t.q('INSERT INTO plan (run, plan) VALUES (?, ?)', [run.id, JSON.stringify(plan)]);
  for (const [nr, {id}] of plan.steps.entries()) {
    await t.q('INSERT INTO step (run, id, nr, state, attempt, token, not_before_ms) VALUES (?, ?, ?, ?, 0, 0, 0)', [
      run.id,
      id,
      nr,
      untouched.state,
    ]);
  }
}

/** What changes of a run's row while it runs. */
export async function updateRun(t: Tx, run: RunRow): Promise<void> {
  await t.q(
    `UPDATE run SET state = ?, epoch = ?, controller = ?, folder = ?, ended_ms = ?, head = ?, events = ?, commands = ?
     WHERE id = ?`,
    [
      run.state,
      run.epoch,
      run.controller,
      run.folder ?? null,
      run.endedMs ?? null,
      run.head.hash,
      run.head.seq,
      run.commands,
      run.id,
    ],
  );
}

/** @throws {RunError} `NO_SUCH_RUN` */
export async function readRun(t: Reader, id: string): Promise<RunRow> {
  const [row] = await t.q(`SELECT ${runColumns} FROM run WHERE id = ?`, [id]);
  if (!row) throw new RunError('NO_SUCH_RUN', `There is no run ${id}`, {hint: 'List them: dr runs'});
  return runOf(row);
}

/** Newest first. */
export async function readRuns(t: Reader): Promise<RunRow[]> {
  const rows = await t.q(`SELECT ${runColumns} FROM run ORDER BY started_ms DESC, id DESC`);
  return rows.map(runOf);
}

export async function readPlan(t: Reader, run: string): Promise<Plan> {
  const [row] = await t.q('SELECT plan FROM plan WHERE run = ?', [run]);
  return JSON.parse(String(row?.plan)) as Plan;
}

export async function writeStep(t: Tx, run: string, id: string, record: StepRecord): Promise<void> {
  await t.q(
    `UPDATE step SET state = ?, attempt = ?, token = ?, not_before_ms = ?, question = ?, result = ?, error = ?,
     started_ms = ?, ended_ms = ? WHERE run = ? AND id = ?`,
    [
      record.state,
      record.attempt,
      record.token,
      record.notBeforeMs,
      json(record.question),
      json(record.result),
      json(record.error),
      record.startedMs ?? null,
      record.endedMs ?? null,
      run,
      id,
    ],
  );
}

/** Undefined: nothing is known of it any more. */
export async function writeProgress(t: Tx, run: string, id: string, progress: Progress | undefined): Promise<void> {
  await t.q('UPDATE step SET progress = ? WHERE run = ? AND id = ?', [json(progress), run, id]);
}

export interface StoredStep {
  readonly record: StepRecord;
  readonly progress: Progress | undefined;
}

export async function readSteps(t: Reader, run: string): Promise<Map<string, StoredStep>> {
  const rows = await t.q('SELECT * FROM step WHERE run = ? ORDER BY nr', [run]);
  return new Map(
    rows.map(row => [String(row.id), {record: recordOf(row), progress: parsed(row.progress) as Progress | undefined}]),
  );
}

export async function writeHolds(t: Tx, run: string, step: string, lanes: readonly LanePlaces[]): Promise<void> {
  for (const {lane, places} of lanes) {
    for (let place = 0; place < places; place++) {
      await t.q('INSERT INTO hold (run, step, lane, place) VALUES (?, ?, ?, ?)', [run, step, lane, place]);
    }
  }
}

export async function dropHolds(t: Tx, run: string, step: string): Promise<void> {
  await t.q('DELETE FROM hold WHERE run = ? AND step = ?', [run, step]);
}

/** Places held by a run, by step. */
export async function readHolds(t: Reader, run: string): Promise<Map<string, LanePlaces[]>> {
  const rows = await t.q('SELECT step, lane, COUNT(*) AS places FROM hold WHERE run = ? GROUP BY step, lane', [run]);
  const held = new Map<string, LanePlaces[]>();
  for (const {step, lane, places} of rows) {
    const lanes = held.get(String(step)) ?? [];
    lanes.push({lane: String(lane), places: Number(places)});
    held.set(String(step), lanes);
  }
  return held;
}

/** The lines of a run's journal after `seq`, in order. */
export async function readLines(t: Reader, run: string, seq = 0): Promise<string[]> {
  const rows = await t.q('SELECT line FROM event WHERE run = ? AND seq > ? ORDER BY seq', [run, seq]);
  return rows.map(({line}) => String(line));
}

/** Draws `count` tokens, each larger than any drawn before; returns the first. */
export async function drawTokens(t: Tx, count: number): Promise<number> {
  const [row] = await t.q('UPDATE gate SET token = token + ? WHERE id = 1 RETURNING token', [count]);
  return Number(row?.token) - count + 1;
}

function runOf(row: Row): RunRow {
  return {
    id: String(row.id),
    command: String(row.command),
    mode: String(row.mode),
    digest: String(row.digest),
    state: String(row.state) as RunRow['state'],
    epoch: Number(row.epoch),
    controller: String(row.controller),
    folder: row.folder === null ? undefined : String(row.folder),
    startedMs: Number(row.started_ms),
    endedMs: row.ended_ms === null ? undefined : Number(row.ended_ms),
    head: {seq: Number(row.events), hash: String(row.head)},
    commands: Number(row.commands),
  };
}

function recordOf(row: Row): StepRecord {
  const question = parsed(row.question) as StepRecord['question'];
  const result = parsed(row.result);
  const error = parsed(row.error) as StepRecord['error'];
  return {
    state: String(row.state) as StepState,
    attempt: Number(row.attempt),
    token: Number(row.token),
    notBeforeMs: Number(row.not_before_ms),
    ...(question && {question}),
    ...(result !== undefined && {result}),
    ...(error && {error}),
    ...(row.started_ms !== null && {startedMs: Number(row.started_ms)}),
    ...(row.ended_ms !== null && {endedMs: Number(row.ended_ms)}),
  };
}

function json(value: unknown): SqlValue {
  return value === undefined ? null : JSON.stringify(value);
}

function parsed(value: SqlValue | undefined): Json | undefined {
  return value === null || value === undefined ? undefined : (JSON.parse(String(value)) as Json);
}
