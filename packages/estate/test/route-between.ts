import test from 'ava';

import {EstateNameError, lanePlaces, parseEstate, routeBetween} from '../src/index.ts';
import {wholeEstate} from './fixtures/estate-text.ts';

const estate = parseEstate(wholeEstate);

test('networks and pools are mapped by site, and by host before site', t => {
  t.deepEqual(routeBetween(estate, {from: 'sunjammer', to: 'newhost'}), {
    targetUri: 'qemu+ssh://root@newhost/system',
    migrateUri: 'tcp://10.0.0.2',
    networks: {br0: 'br-pub', virbr1: 'backend'},
    pools: {images: 'vmstore'},
    sharedPools: ['images', 'nas'],
  });
});

test('the way back is the reverse', t => {
  const {targetUri, networks} = routeBetween(estate, {from: 'newhost', to: 'sunjammer'});
  t.is(targetUri, 'qemu+tls://sunjammer.mit.example/system');
  t.deepEqual(networks, {'br-pub': 'br0', backend: 'virbr1'});
});

test('an unknown host is told with the one that was meant', t => {
  t.throws(() => routeBetween(estate, {from: 'sunjamer', to: 'newhost'}), {
    instanceOf: EstateNameError,
    code: 'UNKNOWN_HOST',
  });
});

test('a link bears what the weaker of its hosts does', t => {
  t.deepEqual(lanePlaces(estate), {
    'host:sunjammer/disk': 3,
    'host:sunjammer/migrations-in': 4,
    'host:sunjammer/migrations-out': 4,
    'host:newhost/disk': 2,
    'host:newhost/migrations-in': 4,
    'host:newhost/migrations-out': 4,
    'link:newhost-sunjammer': 1,
  });
});
