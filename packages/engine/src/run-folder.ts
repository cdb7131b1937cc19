import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';

import {RunError} from './engine-error.ts';
import {GrowingFile} from './growing-file.ts';
import {planTexts} from './journal.ts';
import type {Plan} from './plan.ts';

/**
 * A run as files for people: plan.json, events.ndjson, steps/ID.log. It follows the store, which is what counts, and
 * keeps up with it: while it cannot be written, its run begins nothing new.
 */
export interface RunFolder {
  /** Damage found and mended when it was opened; the damaged file is kept beside. */
  readonly damage: 'torn' | 'tampered' | undefined;
  /**
   * Writes the lines, after what could not be written before. What does not get in is kept for the next time.
   * @throws {RunError} `FOLDER_UNWRITABLE`
   */
  append(lines: readonly string[]): void;
  /** A line of a step's own log. Never throws: what does not get in goes in with the next `append`. */
  log(step: string, atMs: number, line: string): void;
  /** Whether something could not be written yet. */
  readonly behind: boolean;
}

/**
 * Makes the folder, or brings it up to `lines`, the journal's lines so far.
 * @throws {RunError} `FOLDER_UNWRITABLE`
 */
export function openRunFolder(path: string, plan: Plan, lines: readonly string[]): RunFolder {
  const eventsFile = join(path, 'events.ndjson');
  const damage = written(path, () => {
    mkdirSync(join(path, 'steps'), {recursive: true, mode: 0o700});
    writePlanFile(join(path, 'plan.json'), plan);
    return mend(eventsFile, lines);
  });
  const events = new GrowingFile(eventsFile);
  /** Logs that have lines to write. */
  const logs = new Map<string, GrowingFile>();
  const flushLogs = () => {
    for (const [step, file] of logs) {
      file.flush();
      logs.delete(step);
    }
  };
  return {
    damage,
    append(more) {
      for (const line of more) events.add(`${line}\n`);
      written(path, () => {
        events.flush();
        flushLogs();
      });
    },
    log(step, atMs, line) {
      const file = logs.get(step) ?? new GrowingFile(join(path, 'steps', `${encodeURIComponent(step)}.log`));
      file.add(`${new Date(atMs).toISOString()} ${line}\n`);
      logs.set(step, file);
      try {
        flushLogs();
      } catch {
        // The next append says so, and the run waits for it.
      }
    },
    get behind() {
      return events.behind || logs.size > 0;
    },
  };
}

/** Whole or not at all: one that is there may be all that is left of the plan. */
function writePlanFile(path: string, plan: Plan): void {
  const begun = `${path}.new`;
  const file = openSync(begun, 'w', 0o600);
  try {
    let piece = '';
    for (const text of planTexts(plan)) {
      piece += text;
      if (piece.length < pieceLength) continue;
      writeFileSync(file, piece); // goes on where the last one ended
      piece = '';
    }
    writeFileSync(file, piece);
  } finally {
    closeSync(file);
  }
  renameSync(begun, path);
}

const pieceLength = 64 * 1024;

function written<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new RunError('FOLDER_UNWRITABLE', `The run's folder cannot be written: ${message}`, {
      hint: `Make room on that disk (df -h ${path}), and see that the folder is there and yours`,
      cause: error,
    });
  }
}

function mend(file: string, lines: readonly string[]): 'torn' | 'tampered' | undefined {
  const whole = Buffer.from(lines.map(line => `${line}\n`).join(''));
  const found = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  // After a power cut a file may be as long as it was to be, and empty where it was not written yet.
  const text = found.subarray(0, found.findLastIndex(byte => byte !== 0) + 1);
  const events = new GrowingFile(file);
  if (whole.subarray(0, text.length).equals(text)) {
    // Behind the store, perhaps in the middle of a line or letter: what is missing is known.
    const kept = text.lastIndexOf('\n') + 1;
    const torn = kept < found.length;
    if (torn) truncateSync(file, kept);
    events.add(whole.subarray(kept).toString());
    events.flush();
    return torn ? 'torn' : undefined;
  }
  let nr = 1;
  while (existsSync(`${file}.damaged-${nr}`)) nr++;
  renameSync(file, `${file}.damaged-${nr}`);
  events.add(whole.toString());
  events.flush();
  return 'tampered';
}
