import test from 'ava';

import {type DomainMove, migrationSummary} from '../src/index.ts';

const move = {uuid: 'u', domain: 'db', from: 'alder', to: 'birch', how: 'live'} as unknown as DomainMove;

const states = (...steps: Parameters<typeof migrationSummary>[1]) =>
  migrationSummary([move], steps).map(({state}) => state);

test('a domain that has arrived when its run is stopped is not told as not moved', t => {
  const args = {uuid: 'u'};
  const arrived = {id: 'move', kind: 'move-live', state: 'done', args, result: {seconds: 1}};
  t.deepEqual(states({...arrived, state: 'pending', result: undefined}), ['not moved']);
  t.deepEqual(states(arrived, {id: 'verify', kind: 'verify-domain', state: 'pending', args}), ['not verified']);
  t.deepEqual(states(arrived, {id: 'verify', kind: 'verify-domain', state: 'failed', args}), ['failed']);
  t.deepEqual(states(arrived, {id: 'verify', kind: 'verify-domain', state: 'done', args}), ['moved']);
});
