import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';

import {planText} from './journal.ts';
import type {Plan} from './plan.ts';

/**
 * A run as files for people: plan.json, events.ndjson, steps/ID.log. It follows the store, which is what counts: when
 * it cannot be written it falls behind, and catches up later.
 */
export interface RunFolder {
  /** Damage found and mended when it was opened; the damaged file is kept beside. */
  readonly damage: 'torn' | 'tampered' | undefined;
  append(lines: readonly string[]): void;
  log(step: string, atMs: number, line: string): void;
}

/** Makes the folder, or brings it up to `lines`, the journal's lines so far. */
export function openRunFolder(path: string, plan: Plan, lines: readonly string[]): RunFolder {
  mkdirSync(join(path, 'steps'), {recursive: true, mode: 0o700});
  const planFile = join(path, 'plan.json');
  const eventsFile = join(path, 'events.ndjson');
  writeFileSync(planFile, planText(plan), {mode: 0o600});
  const damage = mend(eventsFile, lines);
  let behind = '';
  let size = statSync(eventsFile).size;
  return {
    damage,
    append(more) {
      behind += more.map(line => `${line}\n`).join('');
      try {
        appendFileSync(eventsFile, behind, {mode: 0o600});
        size += Buffer.byteLength(behind);
        behind = '';
      } catch {
        // No room. What got in of it goes out again, so that no line is ever written twice; the next append has it all.
        truncateSync(eventsFile, size);
      }
    },
    log(step, atMs, line) {
      try {
        const file = join(path, 'steps', `${encodeURIComponent(step)}.log`);
        appendFileSync(file, `${new Date(atMs).toISOString()} ${line}\n`, {mode: 0o600});
      } catch {
        // A log line is not worth a recovery.
      }
    },
  };
}

function mend(file: string, lines: readonly string[]): 'torn' | 'tampered' | undefined {
  const whole = lines.map(line => `${line}\n`).join('');
  const found = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (found === whole) {
    appendFileSync(file, '', {mode: 0o600});
    return undefined;
  }
  if (whole.startsWith(found)) {
    // Behind the store, perhaps in the middle of a line: what is missing is known.
    appendFileSync(file, whole.slice(found.length), {mode: 0o600});
    return found.length > 0 && !found.endsWith('\n') ? 'torn' : undefined;
  }
  let nr = 1;
  while (existsSync(`${file}.damaged-${nr}`)) nr++;
  renameSync(file, `${file}.damaged-${nr}`);
  writeFileSync(file, whole, {mode: 0o600});
  return 'tampered';
}
