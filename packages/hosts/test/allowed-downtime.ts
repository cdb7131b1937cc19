import test from 'ava';

import {allowedDowntimeMs, downtimeMsDefault} from '../src/allowed-downtime.ts';

test('a guest may stand still but shortly at first, and after ten seconds for as long as it may at all', t => {
  t.is(allowedDowntimeMs(0), 50);
  t.is(allowedDowntimeMs(1999), 50);
  t.is(allowedDowntimeMs(10_000), downtimeMsDefault);
  t.is(allowedDowntimeMs(3_600_000), downtimeMsDefault);
  t.is(allowedDowntimeMs(10_000, 2000), 2000);
});

test('it only ever grows', t => {
  const allowed = Array.from({length: 12}, (_, second) => allowedDowntimeMs(second * 1000, 1000));
  t.deepEqual(
    allowed,
    allowed.toSorted((a, b) => a - b),
  );
  t.is(new Set(allowed).size, 6);
});

test('who allows less than the first step gets no more than that', t => {
  t.is(allowedDowntimeMs(0, 20), 20);
  t.is(allowedDowntimeMs(60_000, 20), 20);
});
