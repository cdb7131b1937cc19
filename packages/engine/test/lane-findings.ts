import test from 'ava';

import {openStore} from '../src/index.ts';
import {readFindings, rememberFinding} from '../src/lane-findings.ts';

const dayMs = 86_400_000;
const nowMs = 100 * dayMs;

test('what was found last is what is remembered, each finding for itself', async t => {
  const store = openStore(':memory:');
  t.deepEqual(await readFindings(store, 'disk', nowMs), {});
  await rememberFinding(store, 'disk', {finding: 'ceiling', bytesPerSecond: 80.4, atMs: nowMs - 2});
  await rememberFinding(store, 'disk', {finding: 'ceiling', bytesPerSecond: 40.4, atMs: nowMs - 1});
  t.deepEqual(await readFindings(store, 'disk', nowMs), {ceiling: 40});
  await rememberFinding(store, 'disk', {finding: 'borne', bytesPerSecond: 30, atMs: nowMs});
  t.deepEqual(await readFindings(store, 'disk', nowMs), {ceiling: 40, borne: 30});
  t.deepEqual(await readFindings(store, 'other', nowMs), {});
});

test('what was found long ago, or by a clock that was ahead, is not trusted', async t => {
  const store = openStore(':memory:');
  await rememberFinding(store, 'disk', {finding: 'ceiling', bytesPerSecond: 40, atMs: nowMs});
  t.deepEqual(await readFindings(store, 'disk', nowMs + 29 * dayMs), {ceiling: 40});
  t.deepEqual(await readFindings(store, 'disk', nowMs + 31 * dayMs), {});
  t.deepEqual(await readFindings(store, 'disk', nowMs - dayMs), {});
});

test('what is no speed, and what cannot be read, is as if nothing had been found', async t => {
  const store = openStore(':memory:');
  for (const value of ['fast', -1, 0]) {
    const sql = 'INSERT OR REPLACE INTO lane_finding VALUES (?, ?, ?, ?)';
    await store.tx(tx => tx.q(sql, ['disk', 'ceiling', value, nowMs]));
    t.deepEqual(await readFindings(store, 'disk', nowMs), {}, String(value));
  }
  await store.tx(tx => tx.q('DROP TABLE lane_finding'));
  t.deepEqual(await readFindings(store, 'disk', nowMs), {});
});
