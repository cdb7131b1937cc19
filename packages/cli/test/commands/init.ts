import {hostname} from 'node:os';

import test from 'ava';

import {namedHosts} from '../../src/commands/init.ts';

const named = test.macro({
  exec(t, uri: string, name: string) {
    t.deepEqual(namedHosts([uri]), [{name, uri}]);
  },
  title: (_, uri: string, name: string) => `${uri} is called ${name}`,
});
test(named, 'qemu+ssh://root@sunjammer.example.org:2222/system', 'sunjammer');
test(named, 'qemu+tls://newhost/system', 'newhost');
test(named, 'qemu+ssh://root@10.0.0.7/system', '10.0.0.7');
test(named, 'qemu+tcp://[2001:db8::7]/system', '2001-db8-7');
test(named, 'test:///default', 'test');
test(named, 'qemu:///system', hostname().split('.', 1)[0] ?? '');

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
