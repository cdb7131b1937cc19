/** One value of a row. Integers come back as numbers, booleans are 0 and 1, JSON is text. */
export type SqlValue = null | number | string;
export type Row = Readonly<Record<string, SqlValue>>;

/** Inside one transaction. Await nothing here but `q`. */
export interface Tx {
  /** Runs one statement with `?` for its arguments and returns its rows. */
  q(sql: string, args?: readonly SqlValue[]): Promise<readonly Row[]>;
}

/** What only reads takes this: the same within a transaction and outside of any. */
export type Reader = Pick<Tx, 'q'>;

/**
 * Where runs are kept. The statements are the engine's own and the same for every store; a store carries them to its
 * database. One implementation is here (SQLite); `storeContract` in the tests says what every one must hold.
 */
export interface Store {
  /** Names this store for ever: tokens of different stores cannot be compared. */
  readonly id: string;
  /** A statement that changes nothing, outside any transaction. */
  read(sql: string, args?: readonly SqlValue[]): Promise<readonly Row[]>;
  /**
   * All of `act` or nothing of it, alone in the store, and on disk when this resolves.
   * @throws {RunError} `STORE_UNWRITABLE` when there was no room for it; whatever `act` threw.
   */
  tx<T>(act: (tx: Tx) => Promise<T>): Promise<T>;
  /** A number that changes with the store, whoever changed it. Inside a transaction: as it will be after that. */
  version(): Promise<number>;
  close(): Promise<void>;
}

/** Reads a store outside of any transaction. */
export function readerOf(store: Store): Reader {
  return {q: (sql, args) => store.read(sql, args)};
}
