import test from 'ava';

import {type AdaptiveLane, adaptiveLane, laneBounds, type LaneSample, nextLane} from '../src/index.ts';

const mebibyte = 1024 ** 2;

function sample(waitMs: number | undefined, running: number, mibPerSecond = 40): LaneSample {
  return {waitMs, running, wanted: true, bytesPerSecond: running === 0 ? 0 : mibPerSecond * mebibyte};
}

function after(samples: readonly LaneSample[], from: AdaptiveLane): AdaptiveLane {
  return samples.reduce((lane, look) => nextLane(lane, look), from);
}

/** A lane of so many places whose guests wait 10 ms when nobody streams. */
function rested(places: number): AdaptiveLane {
  return after([sample(10, 0), sample(10, 0)], adaptiveLane(places));
}

test('guests that wait twice as long narrow the lane, and those who run share what is left', t => {
  const lane = after([sample(25, 8), sample(25, 8)], rested(8));
  t.is(lane.places.limit, 4);
  t.is(lane.bytesPerSecond, 20 * mebibyte);
});

test('a lane that cannot be narrower slows its stream instead, but never to a standstill', t => {
  const lane = after([sample(25, 1), sample(25, 1)], rested(1));
  t.is(lane.bytesPerSecond, 20 * mebibyte);
  t.is(
    after(
      Array.from({length: 40}, () => sample(25, 1, 20)),
      lane,
    ).bytesPerSecond,
    laneBounds.bytesPerSecondLeast,
  );
});

test('a slowed stream is made quick again before the lane widens', t => {
  const slowed = after([sample(25, 1), sample(25, 1)], rested(1));
  const calmer = after(
    Array.from({length: 5}, () => sample(10, 1, 20)),
    slowed,
  );
  t.is(calmer.places.limit, 1);
  t.true((calmer.bytesPerSecond ?? Infinity) > 20 * mebibyte);
});

test('a bound that binds nobody goes, and then the lane widens', t => {
  const slowed = after([sample(25, 1), sample(25, 1)], rested(1));
  const free = after([sample(10, 1, 5)], slowed);
  t.is(free.bytesPerSecond, undefined);
  const wider = after(
    Array.from({length: 5}, () => sample(10, 1, 5)),
    free,
  );
  t.is(wider.places.limit, 2);
});

test('short waits disturb nobody, however short they are at rest', t => {
  const lane = after([sample(0.2, 0), sample(9, 4), sample(9, 4), sample(9, 4)], adaptiveLane(4));
  t.is(lane.places.limit, 4);
});

test('silence and idleness change nothing', t => {
  const silent = Array.from({length: 10}, () => sample(undefined, 2));
  const idle = Array.from({length: 10}, () => sample(500, 0));
  t.like(after(silent, rested(2)), {places: {limit: 2}, bytesPerSecond: undefined});
  t.like(after(idle, rested(2)), {places: {limit: 2}, bytesPerSecond: undefined});
});

test('what guests wait at rest is learnt downwards while streams run', t => {
  const lane = nextLane(after([sample(100, 0)], adaptiveLane(2)), sample(10, 1));
  t.true((lane.restMs ?? 0) < 100);
  t.is(nextLane(rested(2), sample(500, 2)).restMs, 10);
});
