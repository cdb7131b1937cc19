import test from 'ava';

import {bandwidthOf} from '../src/index.ts';

test('without caps a stream takes what it gets', t => {
  t.is(bandwidthOf(['link'], {}), undefined);
});

test('a stream takes its share of the tightest lane', t => {
  const caps = {perLane: {link: 100, disk: 300}};
  t.is(
    bandwidthOf(['link', 'disk'], caps, () => 2),
    50,
  );
});

test('a stream never takes more than the cap for every stream', t => {
  t.is(bandwidthOf(['link'], {perStream: 10, perLane: {link: 100}}), 10);
});
