import test from 'ava';

import {foundHosts, namedHosts} from '../../src/commands/init.ts';
import {hostReading} from '../../../estate/test/fixtures/readings.ts';

/** What the host of a URI is called in dr.yaml, when it calls itself `alder.example.org`. */
const named = test.macro({
  exec(t, uri: string, expected: string) {
    const entries = namedHosts([uri]);
    const readings = entries.map(({name}) => hostReading(name, {hostname: 'alder.example.org'}));
    t.deepEqual(
      foundHosts(entries, readings).map(({reading}) => reading.name),
      [expected],
    );
  },
  title: (_, uri: string, expected: string) => `${uri} is called ${expected}`,
});
test(named, 'qemu+ssh://root@sunjammer.example.org:2222/system', 'sunjammer');
test(named, 'qemu+tls://newhost/system', 'newhost');
test(named, 'qemu+ssh://root@10.0.0.7/system', 'alder');
test(named, 'qemu+tcp://[2001:db8::7]/system', 'alder');
test(named, 'qemu:///system', 'alder');

test('two that call themselves the same are told apart', t => {
  const entries = namedHosts(['qemu+ssh://10.0.0.1/system', 'qemu+ssh://10.0.0.2/system']);
  const readings = entries.map(({name}) => hostReading(name, {hostname: 'alder'}));
  t.deepEqual(
    foundHosts(entries, readings).map(({reading}) => reading.name),
    ['alder', 'alder-2'],
  );
});

test('two hosts of one name are told apart', t => {
  t.deepEqual(
    namedHosts(['qemu+ssh://a.one/system', 'qemu+ssh://a.two/system']).map(({name}) => name),
    ['a', 'a-2'],
  );
});

test('a bare host name is told as a URI', t => {
  const error = t.throws(() => namedHosts(['sunjammer']), {code: 'USAGE'});
  t.is((error as Error & {hint?: string}).hint, 'Did you mean qemu+ssh://root@sunjammer/system?');
});
