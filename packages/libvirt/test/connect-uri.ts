import test from 'ava';
import * as fc from 'fast-check';
import {ConnectionError} from '../src/connection-error.ts';
import {parseConnectUri, type ConnectUri} from '../src/connect-uri.ts';

const reads = test.macro({
  exec(t, uri: string, expected: Partial<ConnectUri>) {
    t.like(parseConnectUri(uri), {uri, ...expected});
  },
  title: (_title, uri) => `reads ${uri as string}`,
});

test(reads, 'qemu:///system', {
  driver: 'qemu',
  transport: 'unix',
  name: 'qemu:///system',
  session: false,
  verify: true,
});
test(reads, 'qemu:///session', {transport: 'unix', name: 'qemu:///session', session: true});
test(reads, 'test:///default', {driver: 'test', transport: 'unix', name: 'test:///default'});
test(reads, 'qemu://alder/system', {transport: 'tls', host: 'alder', name: 'qemu:///system', session: false});
test(reads, 'qemu+ssh://root@alder:2222/system', {transport: 'ssh', user: 'root', host: 'alder', port: 2222});
test(reads, 'qemu+libssh2://alder/system', {transport: 'ssh', host: 'alder'});
test(reads, 'qemu+tcp://[2001:db8::1]:16509/system', {transport: 'tcp', host: '2001:db8::1', port: 16_509});
test(reads, 'qemu+tls://[fe80::1%25eth0]/system', {host: 'fe80::1%eth0'});
test(reads, 'xen+ssh://a%40b@alder', {user: 'a@b', name: 'xen:///'});
test(reads, 'qemu+unix:///system?socket=/run/own&mode=legacy', {
  socket: '/run/own',
  mode: 'legacy',
  name: 'qemu:///system',
});
test(reads, 'qemu+tls://alder/system?pkipath=/pki&no_verify=1', {pkipath: '/pki', verify: false});
test(reads, 'qemu+tls://alder/system?no_verify=0', {verify: true});
test(reads, 'qemu+ssh://alder/system?keyfile=/k&known_hosts=/h&known_hosts_verify=auto&proxy=netcat&netcat=/bin/nc', {
  keyfile: '/k',
  knownHosts: '/h',
  knownHostsVerify: 'auto',
  proxy: 'netcat',
  netcat: '/bin/nc',
});
test(reads, 'qemu+ssh://alder/system?keyfile=/home/c++/id%20a+b', {keyfile: '/home/c++/id a+b'});
test(reads, 'qemu+unix:///system?mode=legacy;socket=/run/a', {mode: 'legacy', socket: '/run/a'});
test(reads, 'qemu+unix:///system?socket=/run/a;b&mode=legacy', {mode: 'legacy', socket: '/run/a;b'});
test(reads, 'qemu+unix:///system?SOCKET=/run/a&socket=/run/b', {socket: '/run/b', name: 'qemu:///system'});
test(reads, 'qemu:///embed?root=/srv/a+b%20c', {name: 'qemu:///embed?root=/srv/a+b%20c'});
test(reads, 'qemu+SSH://alder/system', {transport: 'ssh', name: 'qemu:///system'});
test(reads, 'qemu+ext:///system?command=/bin/way', {transport: 'ext', command: '/bin/way'});
test(reads, 'remote+unix:///?name=qemu:///system', {name: 'qemu:///system'});
test(reads, 'esx://alder/?no_verify=1&auto_answer=1', {name: 'esx:///?auto_answer=1', verify: false});

const refuses = test.macro({
  exec(t, uri: string, message: RegExp) {
    const error = t.throws(() => parseConnectUri(uri), {instanceOf: ConnectionError, code: 'URI_INVALID', message});
    t.regex(error?.hint ?? '', /^Write .+\.$/);
  },
  title: (_title, uri) => `refuses ${uri as string}`,
});

test(refuses, '', /does not read/);
test(refuses, 'alder', /does not read/);
test(refuses, 'qemu:/system', /does not read/);
test(refuses, 'qemu+carrier-pigeon://alder/system', /does not read|no transport/);
test(refuses, 'qemu+pigeon://alder/system', /there is no transport pigeon/);
test(refuses, 'qemu+constructor://alder/system', /there is no transport/);
test(refuses, 'qemu+ssh:///system', /ssh needs a host/);
test(refuses, 'qemu+ssh://root@alder@birch/system', /does not read/);
test(refuses, 'qemu+tcp://al der/system', /does not read/);
test(refuses, 'qemu+ssh://-oProxyCommand=touch/system', /begin with a dash/);
test(refuses, 'qemu+tcp://alder:99999/system', /no port 99999/);
test(refuses, 'qemu+ssh://alder/system?mode=both', /mode cannot be both/);
test(refuses, 'qemu+tls://alder/system?no_verify=false', /no_verify cannot be false/);
test(refuses, 'qemu+ssh://alder/system?no_verify', /no_verify cannot be empty/);
test(refuses, 'qemu+unix://alder/system', /on this machine/);
test(refuses, 'qemu+ssh://alder/system?keyfile=%zz', /broken % escape/);
test(refuses, 'qemu+ssh://%zz@alder/system', /broken % escape/);

test('any text is taken apart or refused with URI_INVALID', t => {
  const parts = fc.constantFrom('qemu', '+ssh', '://', '@', '[', ']', ':', '/', '?', '&', '=', '#', '%', 'x', '-');
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(parts).map(all => all.join('')),
      ),
      text => {
        try {
          parseConnectUri(text);
        } catch (error) {
          t.is((error as ConnectionError).code, 'URI_INVALID');
        }
      },
    ),
    {numRuns: 2000},
  );
  t.pass();
});
