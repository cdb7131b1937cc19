import test from 'ava';
import {connectWhenUsed} from '../../src/connection.ts';
import {FakeHost} from '../fixtures/fake-host.ts';

const net = {name: 'lan', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f'};
const lease = {
  iface: 'virbr0',
  expirytime: 1_800_000_000n,
  type: 0,
  mac: '52:54:00:aa:bb:01',
  iaid: null,
  ipaddr: '192.168.122.9',
  prefix: 24,
  hostname: null,
  clientid: null,
};

test('a lease tells when it ends, and one without end that it never does', async t => {
  await using host = await FakeHost.up(({name, serial}, daemon) => {
    if (name === 'NETWORK_LOOKUP_BY_NAME') daemon.reply(name, serial, {net});
    const leases = [lease, {...lease, expirytime: 0n}];
    if (name === 'NETWORK_GET_DHCP_LEASES') daemon.reply(name, serial, {leases, ret: leases.length});
  });
  await using connection = connectWhenUsed(host.uri);
  const lan = await connection.networks.lookupByName('lan');
  const ends = (await lan.dhcpLeases()).map(({expires}) => expires?.toISOString());
  t.deepEqual(ends, ['2027-01-15T08:00:00.000Z', undefined]);
});
