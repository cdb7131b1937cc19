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
  t.deepEqual(Object.keys(requestOf(estate, ['db'], way)).toSorted(), [
    'domains',
    'from',
    'lanes',
    'route',
    'services',
    'to',
  ]);
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
  t.is(commandOf(['my web'], way), "migrate --from sunjammer --to newhost 'my web'");
  t.is(commandOf([], {...way, mode: 'auto'}), 'migrate --from sunjammer --to newhost');
  t.is(
    commandOf(['$(id)', "it's", '--yes'], {...way, breakClaim: ['my vm']}),
    String.raw`migrate --from sunjammer --to newhost --break-claim 'my vm' -- '$(id)' 'it'\''s' --yes`,
  );
});

test('each place of a bounded lane has its share, and pools and the estate have lanes where dr.yaml says so', t => {
  const bounded = parseEstate(`
estate: x
hosts:
  sunjammer:
    uri: qemu+ssh://root@sunjammer/system
    lanes: {net: {places: 4, mibPerSecond: 100}, pools: {fast: 8}}
  newhost: {uri: qemu+ssh://root@newhost/system, lanes: {net: 4, disk: {mibPerSecond: 80}}}
lanes: {estate: {places: 6, mibPerSecond: 120}}
`);
  const mebibyte = 1024 ** 2;
  t.deepEqual(requestOf(bounded, [], way).lanes, {
    pools: ['pool:sunjammer/fast'],
    together: 'estate',
    bytesPerSecond: {
      'host:newhost/disk': 40 * mebibyte,
      'link:newhost-sunjammer': 25 * mebibyte,
      estate: 20 * mebibyte,
    },
  });
  const parallel = {...way, parallel: 10};
  t.is(requestOf(bounded, [], parallel).lanes?.bytesPerSecond?.['host:newhost/disk'], 8 * mebibyte);
  t.like(lanesFor(bounded, parallel), {'pool:sunjammer/fast': 10, estate: 6});
});
