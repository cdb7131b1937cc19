import {once} from 'node:events';
import {rm} from 'node:fs/promises';
import {createServer, type AddressInfo} from 'node:net';
import test from 'ava';
import {RpcClient} from '../../src/rpc-client.ts';
import {makeCertificates, makeRevokingCertificates, makeStrangersCertificates} from '../fixtures/certificates.ts';
import {startLibvirtDaemon, type LibvirtDaemon} from '../fixtures/libvirt-daemon.ts';

let daemon: LibvirtDaemon;
let pki: string;
let strangers: string;

test.before('a daemon on unix, TCP and TLS', async () => {
  pki = await makeCertificates();
  strangers = await makeStrangersCertificates(pki);
  daemon = await startLibvirtDaemon({listen: true, pkipath: pki});
});

test.after.always(async () => {
  await daemon?.stop();
  await Promise.all([pki, strangers].map(folder => rm(folder, {recursive: true, force: true})));
});

const reaches = test.macro({
  async exec(t, uri: () => string) {
    await using client = await RpcClient.connect(uri());
    const {uri: opened} = await client.call('CONNECT_GET_URI', {});
    t.is(opened, 'test:///default');
  },
  title: way => `reaches a daemon ${way}`,
});

test('over its socket', reaches, () => daemon.uri('test', '/default'));
test('over TCP and IPv4', reaches, () => `test+tcp://127.0.0.1:${daemon.tcpPort}/default`);
test('over TCP and IPv6', reaches, () => `test+tcp://[::1]:${daemon.tcpPort}/default`);
test('over TLS and IPv4', reaches, () => `test+tls://127.0.0.1:${daemon.tlsPort}/default?pkipath=${pki}`);
test('over TLS and IPv6', reaches, () => `test+tls://[::1]:${daemon.tlsPort}/default?pkipath=${pki}`);
test('over TLS by its name', reaches, () => `test://localhost:${daemon.tlsPort}/default?pkipath=${pki}`);

const refused = test.macro({
  async exec(t, uri: () => string, code: string, message: RegExp) {
    const error = await t.throwsAsync(RpcClient.connect(uri()), {code, message});
    t.not((error as {hint?: string}).hint, '');
  },
  title: (situation, _uri, code: string) => `${situation} is told by ${code}`,
});

test(
  'a certificate that the daemon does not accept',
  refused,
  () => `test+tls://127.0.0.1:${daemon.tlsPort}/default?pkipath=${strangers}`,
  'TLS_REFUSED',
  /refused our certificate/,
);
test(
  'a folder without certificates',
  refused,
  () => `test+tls://127.0.0.1:${daemon.tlsPort}/default?pkipath=${daemon.folder}`,
  'CONNECT_FAILED',
  /Cannot read .*cacert\.pem/,
);
test('a missing socket', refused, () => 'test+unix:///default?socket=/nowhere', 'CONNECT_FAILED', /ENOENT/);
test('a closed port', refused, () => 'test+tcp://127.0.0.1:1/default', 'CONNECT_FAILED', /ECONNREFUSED/);
test(
  'a hypervisor that the daemon does not have',
  refused,
  () => daemon.uri('xen', '/system'),
  'NO_CONNECT',
  /connection driver/,
);

test('a server whose certificate is not trusted is reached only with no_verify', async t => {
  // Its own authority vouches for the strangers' folder, but not for this daemon.
  const uri = `test+tls://127.0.0.2:${daemon.tlsPort}/default?pkipath=${pki}`;
  await t.throwsAsync(RpcClient.connect(uri), {code: 'CONNECT_FAILED', message: /IP: 127\.0\.0\.2 is not in the cert/});
  await using client = await RpcClient.connect(`${uri}&no_verify=1`);
  t.is(client.address, `tls:127.0.0.2:${daemon.tlsPort}`);
});

test('a server whose certificate was revoked is reached only with no_verify', async t => {
  const revoking = await makeRevokingCertificates(pki);
  t.teardown(() => rm(revoking, {recursive: true}));
  const uri = `test+tls://127.0.0.1:${daemon.tlsPort}/default?pkipath=${revoking}`;
  await t.throwsAsync(RpcClient.connect(uri), {code: 'CONNECT_FAILED', message: /certificate revoked/});
  await using client = await RpcClient.connect(`${uri}&no_verify=1`);
  t.is(client.address, `tls:127.0.0.1:${daemon.tlsPort}`);
});

test('a cancel that comes while the certificates are read ends a TLS connect', async t => {
  const silent = createServer().listen(0, '127.0.0.1');
  t.teardown(() => silent.close());
  await once(silent, 'listening');
  const {port} = silent.address() as AddressInfo;
  const [reason, cancel] = [new Error('enough'), new AbortController()];
  const connecting = RpcClient.connect(`test+tls://127.0.0.1:${port}/default?pkipath=${pki}`, {signal: cancel.signal});
  cancel.abort(reason);
  t.is(await t.throwsAsync(connecting), reason);
});
