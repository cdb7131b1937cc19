import test from 'ava';
import {parseEstate} from '@dr-toolkit/estate';

import {commandOf, lanesFor, requestOf} from '../src/prepare-migration.ts';

const estate = parseEstate(`
estate: x
sites: {mit: {}, colo: {}}
hosts:
  sunjammer: {uri: qemu+ssh://root@sunjammer/system, site: mit}
  newhost: {uri: qemu+ssh://root@newhost/system, peerUri: qemu+tls://newhost/system, site: colo}
  third: {uri: qemu+ssh://root@third/system}
networks: {public: {mit: {libvirt: br0}, colo: {libvirt: br-pub}}}
`);
const way = {from: 'sunjammer', to: 'newhost'};

test('the way is that of dr.yaml', t => {
  const {route} = requestOf(estate, [], way);
  t.deepEqual(route, {targetUri: 'qemu+tls://newhost/system', networks: {br0: 'br-pub'}, pools: {}, sharedPools: []});
});

test('options become a request, and nothing is said of what was not asked for', t => {
  t.deepEqual(Object.keys(requestOf(estate, ['db'], way)).toSorted(), ['domains', 'from', 'route', 'to']);
  const {through, blocked, sourceDisks, bandwidthMibPerSecond, afterFailure} = requestOf(estate, [], {
    ...way,
    managed: true,
    skipBlocked: true,
    deleteSource: true,
    keepGoing: true,
    bandwidth: 100,
  });
  t.deepEqual(
    [through, blocked, sourceDisks, bandwidthMibPerSecond, afterFailure],
    ['client', 'skip', 'delete', 100, 'go-on'],
  );
});

test('--parallel is for these two hosts only', t => {
  const lanes = lanesFor(estate, {...way, parallel: 5});
  t.is(lanes['host:sunjammer/disk'], 5);
  t.is(lanes['host:newhost/migrations-in'], 5);
  t.is(lanes['link:newhost-sunjammer'], 5);
  t.is(lanes['host:third/disk'], 2);
  t.is(lanes['link:newhost-third'], 2);
});

test('the journal keeps a command that can be typed again', t => {
  t.is(
    commandOf(['db', 'web'], {...way, mode: 'live', skipBlocked: true, parallel: 3}),
    'migrate --from sunjammer --to newhost --mode live --skip-blocked --parallel 3 db web',
  );
  t.is(commandOf([], {...way, mode: 'auto'}), 'migrate --from sunjammer --to newhost');
});

test('a bounded lane is shared by its places, and --bandwidth only ever means less', t => {
  const bounded = parseEstate(`
estate: x
hosts:
  sunjammer: {uri: qemu+ssh://root@sunjammer/system, lanes: {net: {places: 4, mibPerSecond: 100}}}
  newhost: {uri: qemu+ssh://root@newhost/system, lanes: {net: 4, disk: {mibPerSecond: 80}}}
`);
  const bandwidth = (more: object) => requestOf(bounded, [], {...way, ...more}).bandwidthMibPerSecond;
  t.is(bandwidth({}), 25);
  t.is(bandwidth({bandwidth: 10}), 10);
  t.is(bandwidth({bandwidth: 500}), 25);
  t.is(bandwidth({parallel: 10}), 8);
});
