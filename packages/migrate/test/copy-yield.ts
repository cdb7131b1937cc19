import test from 'ava';

import {CopyYield} from '../src/copy-yield.ts';

const mebibyte = 1024 ** 2;

/** A copy after readings 400 ms apart, between which it carries so many MiB per second. */
function after(
  mibPerSecond: readonly number[],
  bounds: ReadonlyArray<number | undefined> = [20 * mebibyte],
): CopyYield {
  const copy = new CopyYield();
  let processedBytes = 0;
  for (const [nr, mib] of mibPerSecond.entries()) {
    processedBytes += mib * 0.4 * mebibyte;
    const job = {operation: 'migration-out', bytesPerSecond: 0, totalBytes: 2 ** 40, memoryBytes: 0} as const;
    copy.note({...job, processedBytes, elapsedMs: 400 * nr}, bounds[nr % bounds.length]);
  }
  return copy;
}

function times(count: number, mib: number): number[] {
  return Array.from({length: count}, () => mib);
}

test('a copy is taken to get its bound, until it is seen to get less for a while', t => {
  t.is(after([]).share, 1);
  t.is(after(times(50, 20)).share, 1);
  t.true(after(times(3, 16)).share > 0.9);
  t.true(Math.abs(after(times(50, 16)).share - 0.8) < 0.01);
});

test('however little it gets, its bound is not raised without end', t => {
  t.is(after(times(100, 1)).share, 0.7);
});

test('holes that fly past, a bound that was just changed and none at all say nothing', t => {
  t.is(after(times(50, 400)).share, 1);
  t.is(after(times(50, 10), [20 * mebibyte, 22 * mebibyte]).share, 1);
  t.is(after(times(50, 10), [undefined]).share, 1);
});

test('holes that have lasted for a while are long ones, until data begin again', t => {
  t.like(after([20, 20]), {inHoles: false, inLongHoles: false});
  t.like(after([20, ...times(2, 200)]), {inHoles: true, inLongHoles: false});
  t.like(after([20, ...times(3, 200)]), {inHoles: true, inLongHoles: true});
  t.like(after([20, ...times(9, 200), 20]), {inHoles: false, inLongHoles: false});
});
