import {randomUUID} from 'node:crypto';
import {existsSync, mkdirSync} from 'node:fs';
import {dirname, resolve} from 'node:path';
import {DatabaseSync, type SQLOutputValue, type StatementSync} from 'node:sqlite';

import {RunError} from './engine-error.ts';
import {refuseNetworkPlace} from './network-place.ts';
import {schema, schemaVersion} from './schema.ts';
import type {Row, SqlValue, Store, Tx} from './store.ts';

export interface SqliteStoreOptions {
  /** For those who only look: never writes, works while a controller does. */
  readonly readOnly?: boolean;
}

/**
 * Opens the store in one file, and makes it when it is not there. `:memory:` keeps nothing.
 * @throws {RunError} `STORE_ON_NETWORK`, `STORE_UNUSABLE`.
 */
export function openStore(path: string, {readOnly = false}: SqliteStoreOptions = {}): Store {
  try {
    if (path !== ':memory:') {
      if (!readOnly) makeFolder(dirname(path));
      refuseNetworkPlace(dirname(path));
    }
    return new SqliteStore(path, readOnly);
  } catch (error) {
    if (error instanceof RunError) throw error;
    if (isDamage(error)) throw damagedStore(path, error);
    const otherwise = readOnly
      ? 'Nothing has run here yet; start a run first'
      : 'Check who owns that file and its folder';
    throw new RunError('STORE_UNUSABLE', `The store ${path} cannot be opened: ${messageOf(error)}`, {
      hint: passingOf(error)?.hint ?? otherwise,
      cause: error,
    });
  }
}

/** Level by level: Node itself never ends when it makes folders in a place that takes none, such as /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder, {mode: 0o700});
  } catch (error) {
    // Another process may have been quicker.
    if (!existsSync(folder)) throw error;
  }
}

class SqliteStore implements Store {
  readonly id: string;
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #line: Line;
  /** The end of this opener's last transaction. */
  #own: Promise<unknown> = Promise.resolve();

  constructor(path: string, readOnly: boolean) {
    this.#path = path;
    this.#line = lineOf(path);
    // Without a timeout a second process gets SQLITE_BUSY at once.
    this.#db = new DatabaseSync(path, {timeout: 5000, readOnly});
    // WAL lets others read while we write; FULL makes every commit reach the disk before it counts.
    if (!readOnly) this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    if (readOnly) this.#fillIn();
    else this.#migrate();
    const [gate] = this.#run('SELECT store, version FROM gate WHERE id = 1', []);
    if (Number(gate?.version) > schemaVersion) {
      throw new RunError('STORE_UNUSABLE', `The store ${path} was written by a newer dr`, {hint: 'Use that newer dr'});
    }
    this.id = String(gate?.store);
  }

  async read(sql: string, args: readonly SqlValue[] = []): Promise<readonly Row[]> {
    // Behind a transaction under way: on one connection it would see what is not yet true.
    await this.#own;
    return this.#run(sql, args);
  }

  tx<T>(act: (tx: Tx) => Promise<T>): Promise<T> {
    const done = this.#line.tail.then(() => this.#transaction(act));
    this.#own = done.catch(() => undefined);
    this.#line.tail = this.#own;
    return done;
  }

  async version(): Promise<number> {
    // The one counts what others committed, the other what went through this connection.
    const [elsewhere] = this.#run('PRAGMA data_version', []);
    const [here] = this.#run('SELECT total_changes() AS changes', []);
    return Number(elsewhere?.data_version) * 2 ** 32 + Number(here?.changes);
  }

  async close(): Promise<void> {
    await this.#own;
    this.#statements.clear();
    if (this.#db.isOpen) this.#db.close();
  }

  async #transaction<T>(act: (tx: Tx) => Promise<T>): Promise<T> {
    let open = true;
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      const result = await act({
        q: async (sql, args = []) => {
          if (!open) throw new TypeError('A statement after the end of its transaction');
          return this.#run(sql, args);
        },
      });
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw storeError(error);
    } finally {
      open = false;
    }
  }

  #run(sql: string, args: readonly SqlValue[]): readonly Row[] {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    const rows = this.#rowsOf(statement, args);
    assertRows(rows);
    return rows;
  }

  #rowsOf(statement: StatementSync, args: readonly SqlValue[]) {
    try {
      return statement.all(...args);
    } catch (error) {
      throw isDamage(error) ? damagedStore(this.#path, error) : error;
    }
  }

  /** Makes the tables that an older dr did not have: empty, and for this reader alone. */
  #fillIn(): void {
    const there = new Set(
      this.#run(`SELECT name FROM main.sqlite_schema WHERE type = 'table'`, []).map(({name}) => name),
    );
    if (!there.has('gate')) throw emptyStore(this.#path);
    for (const sql of schema) {
      const name = /^CREATE TABLE IF NOT EXISTS (\w+)/u.exec(sql)?.[1];
      if (name !== undefined && !there.has(name)) this.#db.exec(sql.replace('CREATE TABLE', 'CREATE TEMP TABLE'));
    }
  }

  #migrate(): void {
    this.#db.exec('BEGIN IMMEDIATE');
    for (const sql of schema) this.#db.exec(sql);
    this.#run('INSERT INTO gate (id, store, version, token) VALUES (1, ?, ?, 0) ON CONFLICT DO NOTHING', [
      randomUUID(),
      schemaVersion,
    ]);
    this.#run('UPDATE gate SET version = ? WHERE version < ?', [schemaVersion, schemaVersion]);
    this.#db.exec('COMMIT');
  }
}

/** What comes out of the tables is what was put in: numbers, texts and nothing. */
function assertRows(rows: ReadonlyArray<Record<string, SQLOutputValue>>): asserts rows is readonly Row[] {
  for (const row of rows) {
    for (const column in row) {
      const value = row[column];
      if (typeof value === 'bigint' || value instanceof Uint8Array)
        throw new TypeError(`${column} is no number or text`);
    }
  }
}

/** The transactions of this process on one file, one after the other: SQLite's own waiting would stop the whole process. */
interface Line {
  tail: Promise<unknown>;
}

const lines = new Map<string, Line>();

function lineOf(path: string): Line {
  if (path === ':memory:') return {tail: Promise.resolve()};
  const name = resolve(path);
  const line = lines.get(name) ?? {tail: Promise.resolve()};
  lines.set(name, line);
  return line;
}

// SQLite's primary result codes that pass: no room, an I/O error (a full disk shows as either), and a lock kept too long.
const passing = new Map([
  [13, {why: 'no room is left', hint: 'Make room on that disk (df -h)'}],
  [10, {why: 'the disk failed or is full', hint: 'Look at that disk (df -h; dmesg)'}],
  [5, {why: 'somebody else keeps it locked', hint: 'See who has it open (fuser)'}],
]);

// SQLite's primary result codes of a file that is damaged, or not its own.
const damage = new Set([11, 26]);

function isDamage(error: unknown): boolean {
  const code = resultCode(error);
  return code !== undefined && damage.has(code);
}

function damagedStore(path: string, error: unknown): RunError {
  return new RunError('STORE_UNUSABLE', `The store ${path} is damaged: ${messageOf(error)}`, {
    hint: 'Put it aside with its -wal and -shm, or a good copy in its place; each run is still to be read in its folder',
    cause: error,
  });
}

function emptyStore(path: string): RunError {
  return new RunError('STORE_UNUSABLE', `The store ${path} is empty`, {
    hint: 'If runs were in it, put a good copy in its place; otherwise start a run, which fills it',
  });
}

function resultCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined;
}

function passingOf(error: unknown) {
  const code = resultCode(error);
  return code === undefined ? undefined : passing.get(code);
}

function storeError(error: unknown): unknown {
  const known = passingOf(error);
  if (!known) return error;
  return new RunError('STORE_UNWRITABLE', `The store cannot be written: ${known.why} (${messageOf(error)})`, {
    hint: `${known.hint}; the run goes on by itself once it can`,
    cause: error,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
