import {createHash, createHmac, pbkdf2Sync} from 'node:crypto';
import test from 'ava';
import {authenticate, type Credentials} from '../src/authenticate.ts';
import {RpcClient} from '../src/rpc-client.ts';
import {FakeDaemon} from './fixtures/fake-daemon.ts';

const types = {none: 0, sasl: 1, polkit: 2};
const credentials: Credentials = ({user}) => ({user: user ?? 'dr', password: 'pencil'});

function connected(options: {confidential?: boolean} = {}): {daemon: FakeDaemon; client: RpcClient} {
  const daemon = new FakeDaemon(options);
  return {daemon, client: new RpcClient(daemon.transport, {host: 'alder', keepalive: {intervalMs: 0}})};
}

/** Answers the question how to log in. */
async function wants(daemon: FakeDaemon, ...wanted: number[]): Promise<void> {
  const {serial} = await daemon.nextCall();
  daemon.reply('AUTH_LIST', serial, {types: wanted});
}

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** The server's side of SCRAM-SHA-256, written from the standard and not from our client. */
async function serveScram(daemon: FakeDaemon, {password = 'pencil', lies = false} = {}): Promise<boolean> {
  const init = await daemon.nextCall();
  daemon.reply('AUTH_SASL_INIT', init.serial, {mechlist: 'PLAIN,SCRAM-SHA-1,SCRAM-SHA-256'});

  const start = await daemon.nextCall();
  const clientFirst = Buffer.from(start.args['data'] as Uint8Array).toString();
  const salt = Buffer.from('salt of the server');
  const nonce = `${/r=(.*)$/.exec(clientFirst)?.[1]}+server`;
  const serverFirst = `r=${nonce},s=${salt.toString('base64')},i=4096`;
  daemon.reply('AUTH_SASL_START', start.serial, {complete: 0, nil: 0, data: Buffer.from(serverFirst)});

  const step = await daemon.nextCall();
  const clientFinal = Buffer.from(step.args['data'] as Uint8Array).toString();
  const [withoutProof = '', proof = ''] = clientFinal.split(',p=');
  const said = `${clientFirst.slice(3)},${serverFirst},${withoutProof}`;
  const salted = pbkdf2Sync(password, salt, 4096, 32, 'sha256');
  const clientKey = hmac(salted, 'Client Key');
  const signature = hmac(createHash('sha256').update(clientKey).digest(), said);
  const expected = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0))).toString('base64');
  if (proof !== expected) {
    daemon.refuse('AUTH_SASL_STEP', step.serial, {code: 45, domain: 7, message: 'authentication failed'});
    return false;
  }
  const proven = hmac(hmac(salted, lies ? 'Other Key' : 'Server Key'), said).toString('base64');
  daemon.reply('AUTH_SASL_STEP', step.serial, {complete: 1, nil: 0, data: Buffer.from(`v=${proven}`)});
  return true;
}

test('a daemon that wants nothing gets nothing', async t => {
  const {daemon, client} = connected();
  const letIn = authenticate(client, {confidential: false});
  await wants(daemon, types.none);
  await letIn;
  t.is(daemon.unread, 0);
});

test('polkit is asked', async t => {
  const {daemon, client} = connected();
  const letIn = authenticate(client, {confidential: true});
  await wants(daemon, types.polkit);
  const {name, serial} = await daemon.nextCall();
  t.is(name, 'AUTH_POLKIT');
  daemon.reply('AUTH_POLKIT', serial, {complete: 1});
  await letIn;
});

test('what polkit refuses is told by AUTH_FAILED', async t => {
  const {daemon, client} = connected();
  const letIn = authenticate(client, {confidential: true});
  await wants(daemon, types.polkit);
  daemon.refuse('AUTH_POLKIT', (await daemon.nextCall()).serial, {code: 45, message: 'polkit said no'});
  const error = await t.throwsAsync(letIn, {code: 'AUTH_FAILED', message: /polkit said no/});
  t.like(error, {
    hint: 'Become root, or a member of the group that polkit lets in on that host; mostly that is libvirt.',
  });
});

test('the strongest SCRAM is used, and both sides prove themselves', async t => {
  const {daemon, client} = connected();
  const asked: unknown[] = [];
  const letIn = authenticate(client, {
    confidential: true,
    user: 'ops',
    credentials(request) {
      asked.push(request);
      return credentials(request);
    },
  });
  await wants(daemon, types.sasl);
  t.true(await serveScram(daemon));
  await letIn;
  t.deepEqual(asked, [{host: 'alder', mechanism: 'SCRAM-SHA-256', user: 'ops'}]);
});

test('a wrong password is told by AUTH_FAILED', async t => {
  const {daemon, client} = connected();
  const letIn = authenticate(client, {confidential: true, credentials});
  await wants(daemon, types.sasl);
  t.false(await serveScram(daemon, {password: 'another'}));
  await t.throwsAsync(letIn, {code: 'AUTH_FAILED', message: /SCRAM-SHA-256 says: authentication failed/});
});

test('a server that does not know the password is not trusted', async t => {
  const {daemon, client} = connected();
  const letIn = authenticate(client, {confidential: true, credentials});
  await wants(daemon, types.sasl);
  await serveScram(daemon, {lies: true});
  await t.throwsAsync(letIn, {code: 'AUTH_FAILED', message: /does not prove/});
});

test('no login is sent where others can read it', async t => {
  const {daemon, client} = connected({confidential: false});
  const letIn = authenticate(client, {confidential: false, credentials});
  await wants(daemon, types.sasl);
  await t.throwsAsync(letIn, {code: 'AUTH_UNSUPPORTED', message: /plain TCP/});
  t.is(daemon.unread, 0);
});

test('a daemon with other mechanisms only is told by AUTH_UNSUPPORTED', async t => {
  const {daemon, client} = connected();
  const letIn = authenticate(client, {confidential: true, credentials});
  await wants(daemon, types.sasl);
  daemon.reply('AUTH_SASL_INIT', (await daemon.nextCall()).serial, {mechlist: 'GSSAPI,DIGEST-MD5'});
  await t.throwsAsync(letIn, {code: 'AUTH_UNSUPPORTED', message: /GSSAPI,DIGEST-MD5/});
});

test('a cancel does not wait for whoever is asked for the password', async t => {
  const {daemon, client} = connected();
  const asked = Promise.withResolvers<void>();
  const stop = new AbortController();
  const never: Credentials = () => {
    asked.resolve();
    return new Promise(() => {});
  };
  const letIn = authenticate(client, {confidential: true, credentials: never, signal: stop.signal});
  await wants(daemon, types.sasl);
  daemon.reply('AUTH_SASL_INIT', (await daemon.nextCall()).serial, {mechlist: 'SCRAM-SHA-256'});
  await asked.promise;
  stop.abort(new Error('enough'));
  await t.throwsAsync(letIn, {message: 'enough'});
});

test('whoever is asked for the password may cancel', async t => {
  const {daemon, client} = connected();
  const stop = new AbortController();
  const leaves: Credentials = () => {
    stop.abort(new Error('enough'));
    return new Promise(() => {});
  };
  const letIn = authenticate(client, {confidential: true, credentials: leaves, signal: stop.signal});
  await wants(daemon, types.sasl);
  daemon.reply('AUTH_SASL_INIT', (await daemon.nextCall()).serial, {mechlist: 'SCRAM-SHA-256'});
  await t.throwsAsync(letIn, {message: 'enough'});
});

test('without credentials, a login is refused with what to pass', async t => {
  const {daemon, client} = connected();
  const letIn = authenticate(client, {confidential: true});
  await wants(daemon, types.sasl);
  daemon.reply('AUTH_SASL_INIT', (await daemon.nextCall()).serial, {mechlist: 'SCRAM-SHA-256'});
  const error = await t.throwsAsync(letIn, {code: 'AUTH_FAILED'});
  t.regex((error as {hint?: string}).hint ?? '', /credentials/);
});
