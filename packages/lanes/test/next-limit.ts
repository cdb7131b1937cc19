import test from 'ava';

import {type AdaptiveLimit, adaptiveLimit, nextLimit, type PressureSample} from '../src/index.ts';

const hot = {pressure: 0.9, full: true};
const calm = {pressure: 0, full: true};
const between = {pressure: 0.2, full: true};

function after(samples: readonly PressureSample[], from = 8): AdaptiveLimit {
  return samples.reduce((state, sample) => nextLimit(state, sample), adaptiveLimit(from));
}

test('one hot sample does not narrow a lane, two halve it', t => {
  t.is(after([hot]).limit, 8);
  t.like(after([hot, hot]), {limit: 4, verdict: 'narrowed'});
});

test('a lane never narrows below one place', t => {
  t.is(after(Array.from({length: 20}, () => hot)).limit, 1);
});

test('it takes five calm samples in a row to widen by one', t => {
  t.is(after([calm, calm, calm, calm], 2).limit, 2);
  t.like(after([calm, calm, calm, calm, calm], 2), {limit: 3, verdict: 'widened'});
  t.is(after([calm, calm, calm, calm, between, calm], 2).limit, 2);
});

test('a lane that nobody fills is not widened', t => {
  t.is(
    after(
      Array.from({length: 20}, () => ({pressure: 0, full: false})),
      2,
    ).limit,
    2,
  );
});

test('a lane never widens beyond its most', t => {
  t.is(after(Array.from({length: 100}, () => calm)).limit, 8);
});

test('pressure between the marks keeps the lane as it is', t => {
  t.deepEqual(after([hot, between, hot, between]), {limit: 8, hot: 0, calm: 0, verdict: 'kept'});
});
