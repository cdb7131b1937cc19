import type {VolumePiece} from '@dr-toolkit/hosts';
import test from 'ava';

import {paced} from '../src/paced.ts';

const signal = new AbortController().signal;

async function* pieces(...sizes: readonly number[]): AsyncGenerator<VolumePiece> {
  for (const size of sizes) yield size < 0 ? {offset: 0, holeBytes: -size} : {offset: 0, data: new Uint8Array(size)};
}

/** How long copying takes at a pace, with a clock that only moves while somebody sleeps. */
async function durationMs(bytesPerSecond: number | undefined, ...sizes: readonly number[]): Promise<number> {
  let now = 0;
  const clock = {nowMs: () => now, sleep: async (ms: number) => void (now += ms)};
  let count = 0;
  for await (const _piece of paced(pieces(...sizes), bytesPerSecond, {signal, ...clock})) count += 1;
  return count === sizes.length ? now : Number.NaN;
}

test('data goes no faster than its pace', async t => {
  t.is(await durationMs(1000, 500, 1500, 1000), 3000);
});

test('holes take no time, and without a pace nothing waits', async t => {
  t.is(await durationMs(1000, 1000, -1_000_000), 1000);
  t.is(await durationMs(undefined, 500, 1500), 0);
});
