import test from 'ava';
import * as fc from 'fast-check';

import {admit, type LaneRequest} from '../src/index.ts';
import {request} from './fixtures/request.ts';

const two = () => 2;
const empty = new Map<string, number>();

function ids(grants: ReadonlyArray<{request: LaneRequest}>): string[] {
  return grants.map(({request: {id}}) => id);
}

test('a request gets all its lanes or none', t => {
  const held = new Map([['b', 2]]);
  t.deepEqual(ids(admit([request('both', {a: 1, b: 1}), request('one', {a: 2})], {held, limitOf: two, nowMs: 0})), [
    'one',
  ]);
});

test('of equals the oldest goes first', t => {
  const young = request('young', {a: 2}, {sinceMs: 5});
  const old = request('old', {a: 2}, {sinceMs: 1});
  t.deepEqual(ids(admit([young, old], {held: empty, limitOf: two, nowMs: 10})), ['old']);
});

test('recovery goes before replication before backup before the rest', t => {
  const requests = (['default', 'backup', 'replication', 'recovery'] as const).map(priority =>
    request(priority, {a: 1}, {priority}),
  );
  t.deepEqual(ids(admit(requests, {held: empty, limitOf: two, nowMs: 0})), ['recovery', 'replication']);
});

test('a backup that has waited long enough goes before a recovery that has just come', t => {
  const backup = request('backup', {a: 2}, {priority: 'backup', sinceMs: 0});
  const recovery = request('recovery', {a: 2}, {priority: 'recovery', sinceMs: 2000});
  const options = {held: empty, limitOf: two, nowMs: 2000};
  t.deepEqual(ids(admit([backup, recovery], {...options, agingMs: 1000})), ['backup']);
  t.deepEqual(ids(admit([backup, recovery], {...options, agingMs: 5000})), ['recovery']);
});

test('more places than a lane has mean all of them', t => {
  const [grant] = admit([request('big', {a: 9})], {held: empty, limitOf: two, nowMs: 0});
  t.deepEqual(grant?.lanes, [{lane: 'a', places: 2}]);
});

test('a lane without places is closed', t => {
  t.deepEqual(admit([request('any', {a: 1})], {held: empty, limitOf: () => 0, nowMs: 0}), []);
});

test('a big request is overtaken while it is patient, and not after', t => {
  const held = new Map([['a', 1]]);
  const requests = [request('big', {a: 2}, {sinceMs: 0}), request('small', {a: 1}, {sinceMs: 10})];
  t.deepEqual(ids(admit(requests, {held, limitOf: two, nowMs: 50, patienceMs: 100})), ['small']);
  t.deepEqual(ids(admit(requests, {held, limitOf: two, nowMs: 200, patienceMs: 100})), []);
});

test('no more are admitted than were asked for', t => {
  const requests = [request('a', {a: 1}), request('b', {b: 1})];
  t.deepEqual(ids(admit(requests, {held: empty, limitOf: two, nowMs: 0, most: 1})), ['a']);
});

test('no lane is ever given more places than it has, and an empty house never stands still', t => {
  const lanes = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.integer({min: 1, max: 4}), {minKeys: 1});
  const requests = fc.array(fc.record({lanes, sinceMs: fc.nat(1000)}), {minLength: 1, maxLength: 12});
  fc.assert(
    fc.property(requests, fc.integer({min: 1, max: 4}), fc.nat(2000), (wanted, limit, nowMs) => {
      const all = wanted.map((want, nr) => request(`${nr}`, want.lanes, {sinceMs: want.sinceMs}));
      const grants = admit(all, {held: empty, limitOf: () => limit, nowMs, patienceMs: 500});
      const used = new Map<string, number>();
      for (const {lane, places} of grants.flatMap(grant => grant.lanes)) used.set(lane, (used.get(lane) ?? 0) + places);
      return grants.length > 0 && [...used.values()].every(places => places <= limit);
    }),
  );
  t.pass();
});

test('in a stream of small requests the big one still gets in', t => {
  const fixed = {limitOf: two, patienceMs: 3};
  let running: LaneRequest[] = [];
  const waiting: LaneRequest[] = [request('big', {a: 2}, {sinceMs: 0})];
  for (let nowMs = 0; nowMs < 50; nowMs++) {
    waiting.push(request(`small-${nowMs}`, {a: 1}, {sinceMs: nowMs}));
    running = running.filter(({sinceMs}) => nowMs - sinceMs < 2);
    const held = new Map([['a', running.length]]);
    for (const grant of admit(waiting, {...fixed, held, nowMs})) {
      if (grant.request.id === 'big') {
        t.true(nowMs < 10);
        return;
      }
      running.push({...grant.request, sinceMs: nowMs});
      waiting.splice(waiting.indexOf(grant.request), 1);
    }
  }
  t.fail('it was starved');
});
