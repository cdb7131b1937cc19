import test from 'ava';
import type {LaneRequest} from '@dr-toolkit/lanes';

import {grants, type LaneView} from '../src/line-up.ts';

const request = (id: string): LaneRequest => ({
  id,
  lanes: [{lane: 'disk', places: 1}],
  priority: 'replication',
  sinceMs: 0,
});

const view: LaneView = {
  limitOf: () => 10,
  limitsSet: new Map(),
  limitsLasting: new Map(),
  heldByOthers: new Map(),
  othersWaiting: [],
  othersAtWork: false,
  others: [],
  holders: new Map(),
};

test('nothing starts in a run that has more steps at work than it may, whether others wait or not', t => {
  const ask = {run: 'mine', nowMs: 0, held: new Map(), most: -1};
  const mine = ['a', 'b', 'c'].map(request);
  t.deepEqual(grants(mine, view, ask), []);
  t.deepEqual(grants(mine, {...view, othersWaiting: [request('theirs\0a')]}, ask), []);
});
