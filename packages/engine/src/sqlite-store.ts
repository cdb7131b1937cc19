import {randomUUID} from 'node:crypto';
import {mkdirSync} from 'node:fs';
import {dirname} from 'node:path';
import {DatabaseSync, type StatementSync} from 'node:sqlite';

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
  if (path !== ':memory:') {
    if (!readOnly) mkdirSync(dirname(path), {recursive: true, mode: 0o700});
    refuseNetworkPlace(dirname(path));
  }
  try {
    return new SqliteStore(path, readOnly);
  } catch (error) {
    if (error instanceof RunError) throw error;
    throw new RunError('STORE_UNUSABLE', `The store ${path} cannot be opened: ${messageOf(error)}`, {
      hint: readOnly ? 'Nothing has run here yet; start a run first' : 'Check who owns that file and its folder',
      cause: error,
    });
  }
}

class SqliteStore implements Store {
  readonly id: string;
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #tail: Promise<unknown> = Promise.resolve();

  constructor(path: string, readOnly: boolean) {
    // Without a timeout a second process gets SQLITE_BUSY at once.
    this.#db = new DatabaseSync(path, {timeout: 5000, readOnly});
    // WAL lets others read while we write; FULL makes every commit reach the disk before it counts.
    if (!readOnly) this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    if (!readOnly) this.#migrate();
    const [gate] = this.#run('SELECT store, version FROM gate WHERE id = 1', []);
    if (Number(gate?.version) > schemaVersion) {
      throw new RunError('STORE_UNUSABLE', `The store ${path} was written by a newer dr`, {hint: 'Use that newer dr'});
    }
    this.id = String(gate?.store);
  }

  async read(sql: string, args: readonly SqlValue[] = []): Promise<readonly Row[]> {
    // Behind a transaction under way: on one connection it would see what is not yet true.
    await this.#tail;
    return this.#run(sql, args);
  }

  tx<T>(act: (tx: Tx) => Promise<T>): Promise<T> {
    const done = this.#tail.then(() => this.#transaction(act));
    this.#tail = done.catch(() => undefined);
    return done;
  }

  async version(): Promise<number> {
    // The one counts what others committed, the other what went through this connection.
    const [elsewhere] = this.#run('PRAGMA data_version', []);
    const [here] = this.#run('SELECT total_changes() AS changes', []);
    return Number(elsewhere?.data_version) * 2 ** 32 + Number(here?.changes);
  }

  async close(): Promise<void> {
    await this.#tail;
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
    return statement.all(...args) as unknown as readonly Row[];
  }

  #migrate(): void {
    this.#db.exec('BEGIN IMMEDIATE');
    for (const sql of schema) this.#db.exec(sql);
    this.#run('INSERT INTO gate (id, store, version, token) VALUES (1, ?, ?, 0) ON CONFLICT DO NOTHING', [
      randomUUID(),
      schemaVersion,
    ]);
    this.#db.exec('COMMIT');
  }
}

// SQLite's primary result codes that pass: no room, an I/O error (a full disk shows as either), and a lock kept too long.
const passing = new Map([
  [13, 'no room is left'],
  [10, 'the disk failed or is full'],
  [5, 'somebody else kept it locked'],
]);

function storeError(error: unknown): unknown {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined;
  const why = code === undefined ? undefined : passing.get(code);
  if (why === undefined) return error;
  return new RunError('STORE_FULL', `The store cannot be written: ${why} (${messageOf(error)})`, {
    hint: 'Make room on that disk (df -h); the run goes on by itself then',
    cause: error,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
