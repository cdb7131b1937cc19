import test from 'ava';

import {openStore} from '../src/index.ts';
import {readCeiling, rememberCeiling} from '../src/lane-ceilings.ts';

const dayMs = 86_400_000;
const nowMs = 100 * dayMs;

test('what was found last is what is remembered', async t => {
  const store = openStore(':memory:');
  t.is(await readCeiling(store, 'disk', nowMs), undefined);
  await rememberCeiling(store, 'disk', {bytesPerSecond: 80.4, atMs: nowMs - 2});
  await rememberCeiling(store, 'disk', {bytesPerSecond: 40.4, atMs: nowMs - 1});
  t.is(await readCeiling(store, 'disk', nowMs), 40);
  t.is(await readCeiling(store, 'other', nowMs), undefined);
});

test('what was found long ago, or by a clock that was ahead, is not trusted', async t => {
  const store = openStore(':memory:');
  await rememberCeiling(store, 'disk', {bytesPerSecond: 40, atMs: nowMs});
  t.is(await readCeiling(store, 'disk', nowMs + 29 * dayMs), 40);
  t.is(await readCeiling(store, 'disk', nowMs + 31 * dayMs), undefined);
  t.is(await readCeiling(store, 'disk', nowMs - dayMs), undefined);
});

test('what is no speed, and what cannot be read, is as if nothing had been found', async t => {
  const store = openStore(':memory:');
  for (const value of ['fast', -1, 0]) {
    await store.tx(tx => tx.q('INSERT OR REPLACE INTO lane_ceiling VALUES (?, ?, ?)', ['disk', value, nowMs]));
    t.is(await readCeiling(store, 'disk', nowMs), undefined, String(value));
  }
  await store.tx(tx => tx.q('DROP TABLE lane_ceiling'));
  t.is(await readCeiling(store, 'disk', nowMs), undefined);
});
