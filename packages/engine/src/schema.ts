/**
 * The tables. A run's rows are written by its controller alone (the one that owns its epoch); what others want of it
 * they put into `command`, and the controller takes it from there. A new version only adds tables: what an older one
 * has written stays readable.
 */
export const schemaVersion = 3;

export const schema: readonly string[] = [
  // One row: the store's name, and the counter that tokens are drawn from.
  `CREATE TABLE IF NOT EXISTS gate (
    id INTEGER PRIMARY KEY CHECK (id = 1), store TEXT NOT NULL, version INTEGER NOT NULL, token BIGINT NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS run (
    id TEXT PRIMARY KEY, command TEXT NOT NULL, mode TEXT NOT NULL, digest TEXT NOT NULL,
    state TEXT NOT NULL, epoch BIGINT NOT NULL, controller TEXT NOT NULL, folder TEXT,
    started_ms BIGINT NOT NULL, ended_ms BIGINT, head TEXT NOT NULL, events BIGINT NOT NULL, commands BIGINT NOT NULL)`,
  'CREATE INDEX IF NOT EXISTS run_state ON run (state)',
  // Apart: a run's row is written at every turn, and a plan may be megabytes.
  'CREATE TABLE IF NOT EXISTS plan (run TEXT PRIMARY KEY, plan TEXT NOT NULL)',
  `CREATE TABLE IF NOT EXISTS step (
    run TEXT NOT NULL, id TEXT NOT NULL, nr INTEGER NOT NULL, state TEXT NOT NULL, attempt INTEGER NOT NULL,
    token BIGINT NOT NULL, not_before_ms BIGINT NOT NULL, question TEXT, progress TEXT, result TEXT, error TEXT,
    started_ms BIGINT, ended_ms BIGINT, PRIMARY KEY (run, id))`,
  // One row for each place held on a lane. Never a counter: rows cannot drift from what is held.
  `CREATE TABLE IF NOT EXISTS hold (
    run TEXT NOT NULL, step TEXT NOT NULL, lane TEXT NOT NULL, place INTEGER NOT NULL,
    PRIMARY KEY (run, step, lane, place))`,
  'CREATE INDEX IF NOT EXISTS hold_lane ON hold (lane)',
  // Who waits at the head of each run's line: other runs let the more urgent go first.
  `CREATE TABLE IF NOT EXISTS want (
    run TEXT NOT NULL, step TEXT NOT NULL, priority TEXT NOT NULL, since_ms BIGINT NOT NULL, lanes TEXT NOT NULL,
    PRIMARY KEY (run, step))`,
  'CREATE TABLE IF NOT EXISTS lane (name TEXT PRIMARY KEY, places INTEGER NOT NULL)',
  // Of a lane that was not set by a person, but by a run that watches it.
  'CREATE TABLE IF NOT EXISTS lane_reason (name TEXT PRIMARY KEY, why TEXT NOT NULL, bytes_per_second BIGINT)',
  // What was found of the storage behind an automatic lane, for the next run.
  `CREATE TABLE IF NOT EXISTS lane_finding (
    name TEXT NOT NULL, finding TEXT NOT NULL, bytes_per_second BIGINT NOT NULL, at_ms BIGINT NOT NULL,
    PRIMARY KEY (name, finding))`,
  // Of a lane that a person has set for the time of one run: it lies over the two above.
  'CREATE TABLE IF NOT EXISTS lane_for_run (name TEXT PRIMARY KEY, run TEXT NOT NULL, places INTEGER NOT NULL)',
  `CREATE TABLE IF NOT EXISTS event (
    run TEXT NOT NULL, seq BIGINT NOT NULL, line TEXT NOT NULL, PRIMARY KEY (run, seq))`,
  `CREATE TABLE IF NOT EXISTS command (
    run TEXT NOT NULL, seq BIGINT NOT NULL, at_ms BIGINT NOT NULL, command TEXT NOT NULL, PRIMARY KEY (run, seq))`,
];
