import {randomBytes} from 'node:crypto';

/** A name for a run that sorts by time and can be typed: `20261122-1647-x7k2`. */
export function newRunId(nowMs: number): string {
  const [date = '', time = ''] = new Date(nowMs).toISOString().split('T');
  const tail = Array.from(randomBytes(4), byte => alphabet[byte % alphabet.length]).join('');
  return `${date.replaceAll('-', '')}-${time.slice(0, 5).replace(':', '')}-${tail}`;
}

// Without what is read wrongly: 0 and o, 1, i and l; without vowels, no words.
const alphabet = '23456789bcdfghjkmnpqrstvwxz';
