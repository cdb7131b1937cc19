import test from 'ava';
import type {LaneRequest} from '@dr-toolkit/lanes';

import {openStore} from '../src/index.ts';
import {grants, readLanes, writeWants} from '../src/line-up.ts';
import {writeHolds} from '../src/run-rows.ts';
import {freeLanes} from './fixtures/lane-view.ts';

const request = (id: string): LaneRequest => ({
  id,
  lanes: [{lane: 'disk', places: 1}],
  priority: 'replication',
  sinceMs: 0,
});

test('nothing starts in a run that has more steps at work than it may, whether others wait or not', t => {
  const ask = {run: 'mine', nowMs: 0, held: new Map(), most: -1};
  const mine = ['a', 'b', 'c'].map(request);
  t.deepEqual(grants(mine, freeLanes, ask), []);
  t.deepEqual(grants(mine, {...freeLanes, othersWaiting: [request('theirs\0a')]}, ask), []);
});

test("a run that is not at work any more stands in nobody's way", async t => {
  const store = openStore(':memory:');
  await store.tx(async tx => {
    await writeWants(tx, 'dead', [request('a')], new Set());
    await writeWants(tx, 'alive', [request('b')], new Set());
    for (const run of ['dead', 'alive']) await writeHolds(tx, run, 'x', [{lane: 'disk', places: 1}]);
    const rules = {lanes: {}, placesDefault: 1, countCrashed: false, isAlive: (run: string) => run === 'alive'};
    const seen = await readLanes(tx, 'mine', rules);
    t.deepEqual(
      seen.othersWaiting.map(({id}) => id),
      ['alive\0b'],
    );
    t.is(seen.heldByOthers.get('disk'), 1);
    t.is((await readLanes(tx, 'mine', {...rules, countCrashed: true})).heldByOthers.get('disk'), 2);
  });
  await store.close();
});

test('of the places that are free a run takes only those that come to it in the line of all runs', t => {
  const ask = {run: 'mine', nowMs: 0, held: new Map(), most: 9};
  const granted = (theirs: string, places: number) =>
    grants(
      [request('a'), request('b')],
      {...freeLanes, limitOf: () => places, othersWaiting: [request(theirs)]},
      ask,
    ).map(({request: {id}}) => id);
  t.deepEqual(granted('lesser\0x', 1), []);
  t.deepEqual(granted('lesser\0x', 2), ['a']);
  t.deepEqual(granted('other\0x', 2), ['a', 'b']);
  t.deepEqual(granted('lesser\0x', 3), ['a', 'b']);
});
