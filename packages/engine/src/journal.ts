import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';

import {planDigest} from './make-plan.ts';
import type {Plan} from './plan.ts';
import type {JournalEntry, RunEvent} from './run-event.ts';

/** Where a chain of events has come to. */
export interface ChainHead {
  readonly seq: number;
  /** The last line's hash; the plan's digest before the first. */
  readonly hash: string;
}

/** The next line of a journal. Each line's hash covers its text and the hash before it, from the plan's digest on. */
export function chained(
  head: ChainHead,
  entry: JournalEntry,
  atMs: number,
): {head: ChainHead; event: RunEvent; line: string} {
  const seq = head.seq + 1;
  const {type, ...rest} = entry;
  // Spelled for people: number, time and type come first.
  const event = {seq, at: new Date(atMs).toISOString(), type, ...rest} as RunEvent;
  const text = JSON.stringify(event);
  const hash = hashOf(head.hash, text);
  return {head: {seq, hash}, event, line: `${text.slice(0, -1)},"hash":"${hash}"}`};
}

export type JournalCheck =
  | {readonly ok: true; readonly events: number; readonly head: string}
  | {
      readonly ok: false;
      /** `torn`: the last line was not written whole. `tampered`: a line, the plan or their order was changed. */
      readonly damage: 'torn' | 'tampered';
      /** The first line that does not fit, from 1. */
      readonly line: number;
      readonly why: string;
    };

/** Checks a run's folder by itself: that plan.json is the plan that ran, and that no line was changed, lost or added. */
export function checkJournal(folder: string): JournalCheck {
  let digest: string;
  try {
    const plan = JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8')) as Plan;
    digest = plan.digest;
    if (planDigest(plan) !== digest) return tampered(0, 'plan.json was changed');
  } catch {
    return tampered(0, 'plan.json cannot be read');
  }
  return checkLines(readFileSync(join(folder, 'events.ndjson'), 'utf8'), digest);
}

export function checkLines(text: string, digest: string): JournalCheck {
  const lines = text.split('\n');
  const torn = lines.pop() !== '';
  let hash = digest;
  for (const [index, line] of lines.entries()) {
    const cut = line.lastIndexOf(',"hash":"');
    const body = `${line.slice(0, cut)}}`;
    const expected = hashOf(hash, body);
    if (cut < 0 || line.slice(cut) !== `,"hash":"${expected}"}`) return tampered(index + 1, 'its hash does not fit');
    hash = expected;
  }
  if (torn) return {ok: false, damage: 'torn', line: lines.length + 1, why: 'it was not written to its end'};
  return {ok: true, events: lines.length, head: hash};
}

/** An event from its line, without the hash. */
export function eventOf(line: string): RunEvent {
  const {hash: _hash, ...event} = JSON.parse(line) as RunEvent & {hash: string};
  return event;
}

function hashOf(before: string, text: string): string {
  return createHash('sha256').update(before).update('\n').update(text).digest('hex');
}

function tampered(line: number, why: string): JournalCheck {
  return {ok: false, damage: 'tampered', line, why};
}

/** plan.json as it lies in the folder, laid out for people; in pieces, as a large plan need not stand in memory as text. */
export function* planTexts({steps, ...rest}: Plan): Generator<string, void, undefined> {
  yield `${JSON.stringify(rest, undefined, 2).slice(0, -2)},\n  "steps": [`;
  for (const [nr, step] of steps.entries()) {
    yield `${nr === 0 ? '' : ','}\n    ${JSON.stringify(step, undefined, 2).replaceAll('\n', '\n    ')}`;
  }
  yield steps.length === 0 ? ']\n}\n' : '\n  ]\n}\n';
}
