import test from 'ava';

import {type GuestDiskWait, guestWaits} from '../src/index.ts';
import type {RequestKind} from '../src/guest-waits.ts';

type Counted = readonly [requests: number, waitMs: number];

/** Guests that only write. */
function reading(waits: Readonly<Record<string, Counted>>) {
  return {guests: Object.entries(waits).map(([name, writes]) => guest({name, writes}))};
}

function guest({name = 'web', ...counted}: Partial<Record<RequestKind, Counted>> & {readonly name?: string}) {
  const of = ([requests, waitMs]: Counted = [0, 0]) => ({requests, waitMs});
  const {reads, writes, flushes} = counted;
  return {name, uuid: name, reads: of(reads), writes: of(writes), flushes: of(flushes)} satisfies GuestDiskWait;
}

test('a wait is that of the requests between two readings', t => {
  t.deepEqual(guestWaits(reading({web: [100, 1000]}), reading({web: [110, 1500]})), {waitMs: 50, guests: 1});
});

test('the kind of request that takes longest counts, if it is not a rare one', t => {
  const before = {guests: [guest({})]};
  const wait = (after: GuestDiskWait) => guestWaits(before, {guests: [after]}).waitMs;
  t.is(wait(guest({writes: [10, 500], flushes: [10, 1]})), 50);
  t.is(wait(guest({reads: [95, 95], writes: [5, 5000]})), 1);
});

test('one slow guest among four does not speak for the host, two do', t => {
  const before = reading({a: [0, 0], b: [0, 0], c: [0, 0], d: [0, 0]});
  t.is(guestWaits(before, reading({a: [1, 5], b: [1, 5], c: [1, 6], d: [1, 900]})).waitMs, 6);
  t.is(guestWaits(before, reading({a: [1, 5], b: [1, 5], c: [1, 800], d: [1, 900]})).waitMs, 800);
});

test('guests that sleep, are new, were started anew or are left out say nothing', t => {
  const before = reading({sleeps: [5, 5], anew: [50, 50], moves: [0, 0]});
  const after = reading({sleeps: [5, 5], anew: [3, 900], fresh: [9, 900], moves: [9, 900]});
  t.deepEqual(guestWaits(before, after, {except: new Set(['moves'])}), {waitMs: undefined, guests: 0});
});
