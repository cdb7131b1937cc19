import test from 'ava';
import {freeIndexes, guestAddress, hostAddress, labAddresses, macFrom} from '../src/addresses.ts';
import {cableName} from '../src/addresses.ts';
import {LabError} from '../src/lab-error.ts';

test('a lab takes the first subnet that no route of the machine touches', t => {
  const [first] = freeIndexes(['0.0.0.0/0', '10.78.1.0/24', '10.78.2.128/25', '10.78.3.7', '192.168.0.0/16']);
  t.is(first, 4);
});

test('a route that covers all of them leaves no subnet', t => {
  t.throws(() => freeIndexes(['10.0.0.0/8']), {instanceOf: LabError, code: 'NO_FREE_SUBNET'});
});

test('the default route takes no subnet', t => {
  t.is(freeIndexes(['0.0.0.0/0'])[0], 1);
});

test('controller, hosts and guests of a lab have addresses apart in its subnet', t => {
  const {subnet, controller, bridge} = labAddresses(7);
  t.deepEqual(
    {subnet, controller, bridge, host: hostAddress(7, 1), guest: guestAddress(7, 0)},
    {subnet: '10.78.7.0/24', controller: '10.78.7.1', bridge: 'drlab7', host: '10.78.7.12', guest: '10.78.7.101'},
  );
});

test('the longest name of a cable fits a network device', t => {
  t.true(cableName(254, 19).length <= 15);
});

test('a hardware address is unicast and written in full', t => {
  t.is(macFrom(Uint8Array.of(0, 10, 255)), '52:54:00:00:0a:ff');
});
