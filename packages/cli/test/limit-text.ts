import test from 'ava';

import {lostText} from '../src/limit-text.ts';

const event = {
  seq: 1,
  at: '2026-01-01T00:00:00.000Z',
  type: 'holder-lost',
  run: 'x7k2',
  lanes: ['host:alder/disk'],
} as const;

test('places of a run whose controller died come back when it is resumed', t => {
  t.is(lostText(event), 'the disk of alder: held by x7k2, whose controller has died; dr resume x7k2 gives it back');
});

test('places of a run that waits are held for what it asks', t => {
  t.is(
    lostText({...event, state: 'waiting'}),
    'the disk of alder: held by x7k2, which is waiting and asks what became of a step; see dr show x7k2',
  );
});
