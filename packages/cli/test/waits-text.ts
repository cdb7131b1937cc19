import test from 'ava';
import {arrivingLane, diskLane, estateLane, leavingLane, linkLane, poolLane, preparationLane} from '@dr-toolkit/estate';

import {laneText} from '../src/waits-text.ts';

test('every kind of lane is told in words', t => {
  const lanes = [
    diskLane('newhost'),
    poolLane('newhost', 'nvme'),
    leavingLane('sunjammer'),
    arrivingLane('newhost'),
    preparationLane('newhost'),
    linkLane('sunjammer', 'newhost'),
    estateLane,
  ];
  t.deepEqual(lanes.map(laneText), [
    'the disk of newhost',
    'pool nvme of newhost',
    'a place among those that leave sunjammer',
    'a place among those that go to newhost',
    'a place among those that newhost is made ready for',
    'the link newhost-sunjammer',
    'a place among all that are under way',
  ]);
});

test('a lane of another kind is told by its name', t => {
  t.is(laneText('host:newhost/gpu'), 'host:newhost/gpu');
});
