import {tmpdir} from 'node:os';

import test from 'ava';

import {RunError} from '../src/index.ts';
import {refuseNetworkPlace} from '../src/network-place.ts';

test('a store on NFS is refused, with the reason', t => {
  t.throws(() => refuseNetworkPlace('/srv/nfs', () => 0x6969), {
    instanceOf: RunError,
    code: 'STORE_ON_NETWORK',
    message: /NFS.*locks/,
  });
});

test('a number that the kernel gives with its sign is known as well', t => {
  t.throws(() => refuseNetworkPlace('/mnt', () => 0xff534d42 | 0), {instanceOf: RunError, code: 'STORE_ON_NETWORK'});
});

test('a local folder is accepted', t => {
  t.notThrows(() => refuseNetworkPlace(tmpdir()));
});
