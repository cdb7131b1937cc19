import test from 'ava';

import {CopyYield} from '../src/copy-yield.ts';

const mebibyte = 1024 ** 2;

/** Readings of a copy that carries so many MiB per second, 400 ms apart. */
function after(mibPerSecond: readonly number[], bounds: ReadonlyArray<number | undefined> = [20 * mebibyte]): number {
  const copy = new CopyYield();
  let processedBytes = 0;
  for (const [nr, mib] of mibPerSecond.entries()) {
    processedBytes += mib * 0.4 * mebibyte;
    const job = {operation: 'migration-out', bytesPerSecond: 0, totalBytes: 2 ** 40, memoryBytes: 0} as const;
    copy.note({...job, processedBytes, elapsedMs: 400 * nr}, bounds[nr % bounds.length]);
  }
  return copy.share;
}

function times(count: number, mib: number): number[] {
  return Array.from({length: count}, () => mib);
}

test('a copy is taken to get its bound, until it is seen to get less for a while', t => {
  t.is(after([]), 1);
  t.is(after(times(50, 20)), 1);
  t.true(after(times(3, 16)) > 0.9);
  t.true(Math.abs(after(times(50, 16)) - 0.8) < 0.01);
});

test('however little it gets, its bound is not raised without end', t => {
  t.is(after(times(100, 1)), 0.7);
});

test('holes that fly past, a bound that was just changed and none at all say nothing', t => {
  t.is(after(times(50, 400)), 1);
  t.is(after(times(50, 10), [20 * mebibyte, 22 * mebibyte]), 1);
  t.is(after(times(50, 10), [undefined]), 1);
});
