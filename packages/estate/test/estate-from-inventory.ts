import test from 'ava';
import * as fc from 'fast-check';

import {estateFromInventory, type FoundHost, parseEstate} from '../src/index.ts';
import {bridged, domainReading, hostReading, networkReading, poolReading} from './fixtures/readings.ts';

const found: readonly FoundHost[] = [
  {
    uri: 'qemu+ssh://root@sunjammer/system',
    peerUri: 'qemu+tls://sunjammer/system',
    reading: hostReading('sunjammer', {
      networks: [networkReading('default')],
      pools: [poolReading('images')],
      domains: [
        domainReading('aslo-db', {interfaces: [bridged('br0')]}),
        domainReading('aslo-web1'),
        domainReading('wiki', {state: 'shutoff'}),
      ],
    }),
  },
  {
    uri: 'qemu+ssh://root@newhost/system',
    reading: hostReading('newhost', {networks: [networkReading('default')], pools: [poolReading('vmstore')]}),
  },
];

test('what is written for hosts can be read again', t => {
  const estate = parseEstate(estateFromInventory(found, {name: 'sugarlabs'}));
  t.is(estate.name, 'sugarlabs');
  t.deepEqual(
    estate.hosts.map(({name, uri, peerUri}) => [name, uri, peerUri]),
    [
      ['newhost', 'qemu+ssh://root@newhost/system', 'qemu+ssh://root@newhost/system'],
      ['sunjammer', 'qemu+ssh://root@sunjammer/system', 'qemu+tls://sunjammer/system'],
    ],
  );
  t.deepEqual(estate.networks, [
    {name: 'br0', at: {sunjammer: {libvirt: 'br0', dns: []}}},
    {name: 'default', at: {newhost: {libvirt: 'default', dns: []}, sunjammer: {libvirt: 'default', dns: []}}},
  ]);
});

test('networks whose names dr.yaml spells alike are told apart', t => {
  const networks = ['my net', 'my-net', 'my/net', 'ネット', '網'].map(name => networkReading(name));
  const uri = 'qemu+ssh://root@sunjammer/system';
  const estate = parseEstate(estateFromInventory([{uri, reading: hostReading('sunjammer', {networks})}]));
  t.deepEqual(Object.fromEntries(estate.networks.map(({name, at}) => [name, at.sunjammer?.libvirt])), {
    'my-net': 'my-net',
    'my-net-2': 'my net',
    'my-net-3': 'my/net',
    network: 'ネット',
    'network-2': '網',
  });
});

test('what can only be guessed is a comment', t => {
  const text = estateFromInventory(found);
  t.true(
    text.includes(
      '# services:\n#   aslo:\n#     rpo: 15m\n#     rto: 30m\n#     domains:\n#       aslo-db: {}\n#       aslo-web1: {}\n',
    ),
  );
  t.true(
    text.includes(
      '# pools:\n#   images: {newhost: ..., sunjammer: images}\n#   vmstore: {newhost: vmstore, sunjammer: ...}\n',
    ),
  );
  t.true(text.includes('# 3 domains, 2 running; 8 CPUs, 64.0 GiB; QEMU 7.2.22, libvirt 9.0.0'));
});

test('the comments become an estate when they are taken up', t => {
  const text = estateFromInventory(found);
  const from = text.indexOf('# services:');
  const taken = text.slice(0, from) + text.slice(from).replaceAll(/^# /gmu, '');
  t.deepEqual(
    parseEstate(taken).services.map(({name, rtoMs, domains}) => [name, rtoMs, domains.map(domain => domain.name)]),
    [['aslo', 1_800_000, ['aslo-db', 'aslo-web1']]],
  );
});

test('odd names of networks, pools and domains survive', t => {
  const odd = fc.string({minLength: 1, maxLength: 20, unit: 'grapheme'}).filter(name => name.trim() !== '');
  fc.assert(
    fc.property(odd, odd, fc.string({minLength: 1}), (network, pool, domain) => {
      const reading = hostReading('a', {
        networks: [networkReading(network)],
        pools: [poolReading(pool)],
        domains: [domainReading(domain)],
      });
      const estate = parseEstate(estateFromInventory([{uri: 'qemu:///system', reading}]));
      return estate.networks[0]?.at.a?.libvirt === network;
    }),
  );
  t.pass();
});
