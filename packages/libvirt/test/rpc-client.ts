import {Buffer} from 'node:buffer';
import {setImmediate as turn} from 'node:timers/promises';
import test from 'ava';
import * as fc from 'fast-check';
import {ConnectionError} from '../src/connection-error.ts';
import {LibvirtError} from '../src/libvirt-error.ts';
import type {WireEvent} from '../src/procedures/procedures.ts';
import {RpcClient} from '../src/rpc-client.ts';
import {encodeFrame, frameBytesMax} from '../src/wire/frame.ts';
import {FakeDaemon} from './fixtures/fake-daemon.ts';

const db = {name: 'db', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 1};
const quiet = {intervalMs: 0};

function connected(options: ConstructorParameters<typeof FakeDaemon>[0] = {}): {daemon: FakeDaemon; client: RpcClient} {
  const daemon = new FakeDaemon(options);
  return {daemon, client: new RpcClient(daemon.transport, {host: 'alder', keepalive: quiet})};
}

test('a call is answered by what the daemon returns', async t => {
  const {daemon, client} = connected();
  const looking = client.call('DOMAIN_LOOKUP_BY_NAME', {name: 'db'});
  const {name, args, serial} = await daemon.nextCall();
  t.deepEqual({name, args}, {name: 'DOMAIN_LOOKUP_BY_NAME', args: {name: 'db'}});
  daemon.reply('DOMAIN_LOOKUP_BY_NAME', serial, {dom: db});
  t.deepEqual(await looking, {dom: db});
});

test('answers find their calls in whatever order and pieces they come', async t => {
  const {daemon, client} = connected({pieceBytes: 1});
  const ids = [1, 2, 3];
  const looking = ids.map(id => client.call('DOMAIN_LOOKUP_BY_ID', {id}));
  const calls = await Promise.all(ids.map(() => daemon.nextCall()));
  for (const {args, serial} of calls.toReversed()) {
    daemon.event('DOMAIN_EVENT_REBOOT', {callbackId: 1, dom: db});
    daemon.reply('DOMAIN_LOOKUP_BY_ID', serial, {dom: {...db, id: args['id'] as number}});
  }
  t.deepEqual(
    (await Promise.all(looking)).map(({dom}) => dom.id),
    ids,
  );
});

test('a refusal carries code, domain, host, procedure and hint', async t => {
  const {daemon, client} = connected();
  const looking = client.call('DOMAIN_LOOKUP_BY_NAME', {name: 'no'});
  const {serial} = await daemon.nextCall();
  daemon.refuse('DOMAIN_LOOKUP_BY_NAME', serial, {code: 42, domain: 10, message: 'Domain not found', dom: db});
  const error = await t.throwsAsync(looking, {instanceOf: LibvirtError, message: 'Domain not found'});
  t.like(error, {
    code: 'NO_DOMAIN',
    number: 42,
    domain: 'QEMU',
    level: 'error',
    host: 'alder',
    procedure: 'DOMAIN_LOOKUP_BY_NAME',
    subject: {domain: db},
  });
  t.regex(error.hint, /List the domains/);
});

test('a procedure that the daemon is too old for says what it needs, and the connection stays', async t => {
  const {daemon, client} = connected();
  const beginning = client.call('DOMAIN_BACKUP_BEGIN', {dom: db, backupXml: '<domainbackup/>'});
  const {serial} = await daemon.nextCall();
  daemon.refuse('DOMAIN_BACKUP_BEGIN', serial, {code: 39, domain: 7, message: 'unknown procedure: 421'});
  const error = await t.throwsAsync(beginning, {instanceOf: LibvirtError});
  t.true(error.unsupported);
  t.is(error.hint, 'Upgrade libvirt on alder: DOMAIN_BACKUP_BEGIN needs 6.0 or later.');
  const asking = client.call('CONNECT_GET_HOSTNAME', {});
  daemon.reply('CONNECT_GET_HOSTNAME', (await daemon.nextCall()).serial, {hostname: 'alder'});
  t.deepEqual(await asking, {hostname: 'alder'});
});

test('a daemon that is too old says so in its own language', async t => {
  const {daemon, client} = connected();
  const refused = async (code: number, message: string) => {
    const asking = t.throwsAsync(client.call('DOMAIN_IS_UPDATED', {dom: db}), {instanceOf: LibvirtError});
    daemon.refuse('DOMAIN_IS_UPDATED', (await daemon.nextCall()).serial, {code, domain: 7, message});
    return (await asking)?.unsupported;
  };
  t.true(await refused(39, 'unbekannte Prozedur: 202'));
  t.true(await refused(39, '未知的流程：202'));
  t.false(await refused(39, 'Unable to encode message payload'));
  t.false(await refused(38, 'no file: 202'));
});

test('a daemon of another driver does not know the calls of QEMU', async t => {
  const {daemon, client} = connected();
  const asking = client.call('DOMAIN_MONITOR_COMMAND', {dom: db, cmd: '{}'});
  const message = 'Cannot find program 536903815 version 1';
  daemon.refuse('DOMAIN_MONITOR_COMMAND', (await daemon.nextCall()).serial, {code: 39, domain: 7, message});
  const error = await t.throwsAsync(asking, {instanceOf: LibvirtError});
  t.true(error.unsupported);
  t.regex(error.hint, /another driver/);
});

test('an argument that cannot be sent fails its call alone', async t => {
  const {daemon, client} = connected();
  await t.throwsAsync(client.call('DOMAIN_LOOKUP_BY_ID', {id: 2 ** 40}), {instanceOf: RangeError});
  const asking = client.call('CONNECT_GET_HOSTNAME', {});
  daemon.reply('CONNECT_GET_HOSTNAME', (await daemon.nextCall()).serial, {hostname: 'alder'});
  t.deepEqual(await asking, {hostname: 'alder'});
});

test('an answer that cannot be read fails its call alone', async t => {
  const {daemon, client} = connected();
  const looking = client.call('DOMAIN_LOOKUP_BY_NAME', {name: 'db'});
  const {serial} = await daemon.nextCall();
  daemon.send(encodeFrame({program: 0x2000_8086, procedure: 23, type: 1, serial, status: 0}));
  await t.throwsAsync(looking, {code: 'PROTOCOL_ERROR'});
  t.is(client.callsInFlight, 0);
});

test('no more than four calls are under way; urgent ones overtake those that wait', async t => {
  const {daemon, client} = connected();
  const names = ['DOMAIN_SUSPEND', 'DOMAIN_RESUME', 'DOMAIN_SUSPEND', 'DOMAIN_RESUME', 'DOMAIN_SUSPEND'] as const;
  const normal = names.map(name => client.call(name, {dom: db}));
  const urgent = client.call('DOMAIN_DESTROY', {dom: db});
  const first = [await daemon.nextCall(), await daemon.nextCall(), await daemon.nextCall(), await daemon.nextCall()];
  await turn();
  t.deepEqual([client.callsInFlight, client.callsWaiting, daemon.unread], [4, 2, 0]);

  daemon.reply('DOMAIN_SUSPEND', first[0]?.serial ?? 0, {});
  const fifth = await daemon.nextCall();
  t.is(fifth.name, 'DOMAIN_DESTROY');
  daemon.reply('DOMAIN_DESTROY', fifth.serial, {});
  const sixth = await daemon.nextCall();
  for (const {name, serial} of [...first.slice(1), sixth]) {
    daemon.reply(name as 'DOMAIN_SUSPEND', serial, {});
  }
  await Promise.all([...normal, urgent]);
  t.deepEqual([client.callsInFlight, client.callsWaiting], [0, 0]);
});

test('a call that is cancelled while it waits is never sent', async t => {
  const {daemon, client} = connected();
  const four = [1, 2, 3, 4].map(id => client.call('DOMAIN_LOOKUP_BY_ID', {id}));
  const cancel = new AbortController();
  const waiting = client.call('DOMAIN_LOOKUP_BY_ID', {id: 5}, {signal: cancel.signal});
  const reason = new Error('enough');
  cancel.abort(reason);
  t.is(await t.throwsAsync(waiting), reason);
  t.deepEqual([client.callsWaiting, client.abandonedCalls], [0, 0]);
  for (const _ of four) {
    daemon.reply('DOMAIN_LOOKUP_BY_ID', (await daemon.nextCall()).serial, {dom: db});
  }
  await Promise.all(four);
  await turn();
  t.is(daemon.unread, 0);
});

test('a call that is cancelled after it was sent rejects, yet keeps its place until the daemon answers', async t => {
  const {daemon, client} = connected();
  const cancel = new AbortController();
  const saving = client.call('DOMAIN_MANAGED_SAVE', {dom: db}, {signal: cancel.signal});
  const {serial} = await daemon.nextCall();
  const reason = new Error('enough');
  cancel.abort(reason);
  t.is(await t.throwsAsync(saving), reason);
  t.deepEqual([client.callsInFlight, client.abandonedCalls], [1, 1]);
  daemon.reply('DOMAIN_MANAGED_SAVE', serial, {});
  await turn();
  t.deepEqual([client.callsInFlight, client.abandonedCalls], [0, 0]);
});

test('a signal that has aborted already sends nothing', async t => {
  const {daemon, client} = connected();
  await t.throwsAsync(client.call('CONNECT_GET_HOSTNAME', {}, {signal: AbortSignal.abort(new Error('before'))}), {
    message: 'before',
  });
  await turn();
  t.is(daemon.unread, 0);
});

test('events reach whoever listens, in order, until they stop listening', async t => {
  const {daemon, client} = connected();
  const heard: WireEvent[] = [];
  const stop = client.onEvent(event => heard.push(event));
  daemon.event('DOMAIN_EVENT_BALLOON_CHANGE', {callbackId: 3, dom: db, actual: 1024n});
  daemon.event('DOMAIN_MONITOR_EVENT', {callbackId: 4, dom: db, event: 'STOP', seconds: 1n, micros: 2, details: null});
  await turn();
  stop();
  daemon.event('DOMAIN_EVENT_REBOOT', {callbackId: 3, dom: db});
  await turn();
  t.deepEqual(heard, [
    {name: 'DOMAIN_EVENT_BALLOON_CHANGE', payload: {callbackId: 3, dom: db, actual: 1024n}},
    {
      name: 'DOMAIN_MONITOR_EVENT',
      payload: {callbackId: 4, dom: db, event: 'STOP', seconds: 1n, micros: 2, details: null},
    },
  ]);
});

test('an event that is newer than this client is passed over', async t => {
  const {daemon, client} = connected();
  daemon.send(encodeFrame({program: 0x2000_8086, procedure: 9999, type: 2, serial: 0, status: 0}));
  const asking = client.call('CONNECT_GET_HOSTNAME', {});
  daemon.reply('CONNECT_GET_HOSTNAME', (await daemon.nextCall()).serial, {hostname: 'alder'});
  t.deepEqual(await asking, {hostname: 'alder'});
});

const ends = test.macro({
  async exec(t, fault: (daemon: FakeDaemon) => void, code: string, message: RegExp) {
    const {daemon, client} = connected();
    const pending = [1, 2, 3, 4, 5].map(id => client.call('DOMAIN_LOOKUP_BY_ID', {id}));
    await daemon.nextCall();
    fault(daemon);
    const outcomes = await Promise.allSettled(pending);
    const error = await client.closed;
    t.like(error, {code, host: 'alder'});
    t.regex(error?.message ?? '', message);
    t.true(outcomes.every(each => each.status === 'rejected' && each.reason === error));
    await t.throwsAsync(client.call('CONNECT_GET_HOSTNAME', {}), {code});
  },
  title: what => `${what} ends the connection and every call on it, with the reason`,
});

test('a daemon that hangs up', ends, daemon => daemon.hangUp(), 'CONNECTION_LOST', /closed the connection$/);
test(
  'a cut in the middle of a message',
  ends,
  daemon => {
    daemon.send(Buffer.from('0000003820008086', 'hex'));
    daemon.hangUp();
  },
  'CONNECTION_LOST',
  /in the middle of a message/,
);
for (const claim of ['00000000', '0000001b', '02000005', 'ffffffff']) {
  test(
    `a frame that claims 0x${claim} bytes`,
    ends,
    daemon => daemon.send(Buffer.from(claim, 'hex')),
    'PROTOCOL_ERROR',
    /claims/,
  );
}
test(
  'an answer to a call that was never made',
  ends,
  daemon => daemon.reply('CONNECT_GET_HOSTNAME', 4711, {hostname: 'x'}),
  'PROTOCOL_ERROR',
  /a call that was not made/,
);
test(
  'another version of the protocol',
  ends,
  daemon =>
    daemon.send(Buffer.from('0000001c20008086000000020000004200000001000000010000000000000000', 'hex').subarray(0, 28)),
  'PROTOCOL_ERROR',
  /version 2/,
);

test('whatever frames arrive, the connection goes on or ends with PROTOCOL_ERROR', async t => {
  const frames = fc.record({
    program: fc.constantFrom(0x2000_8086, 0x2000_8087, 0x6b65_6570, 7),
    procedure: fc.oneof(fc.integer({min: 0, max: 460}), fc.integer({min: -(2 ** 31), max: 2 ** 31 - 1})),
    type: fc.integer({min: 0, max: 8}),
    serial: fc.integer({min: 0, max: 3}),
    status: fc.integer({min: 0, max: 3}),
    payload: fc.uint8Array({maxLength: 120}),
  });
  const property = fc.asyncProperty(fc.array(frames, {minLength: 1, maxLength: 6}), async sent => {
    const {daemon, client} = connected({pieceBytes: 7});
    const calls = [
      client.call('DOMAIN_GET_STATE', {dom: db}),
      client.openStream('DOMAIN_SCREENSHOT', {dom: db, screen: 0}),
    ];
    for (const {payload, ...header} of sent) {
      daemon.send(encodeFrame(header, writer => writer.raw(payload)));
    }
    daemon.hangUp();
    await Promise.allSettled(calls);
    return ['PROTOCOL_ERROR', 'CONNECTION_LOST'].includes((await client.closed)?.code ?? '');
  });
  await t.notThrowsAsync(fc.assert(property, {numRuns: 300}));
});

test('an answer of 32 MiB is read', async t => {
  const {daemon, client} = connected();
  const asking = client.call('DOMAIN_GET_MESSAGES', {dom: db});
  const {serial} = await daemon.nextCall();
  const msgs = Array.from({length: 8}, () => 'x'.repeat(4 * 1024 * 1024 - 8));
  daemon.reply('DOMAIN_GET_MESSAGES', serial, {msgs});
  t.deepEqual(
    (await asking).msgs.map(({length}) => length),
    msgs.map(({length}) => length),
  );
  t.true(msgs.join('').length > frameBytesMax - 1024);
});

test('close says goodbye, rejects what waits, and is no fault', async t => {
  const {daemon, client} = connected();
  const waiting = client.call('DOMAIN_MANAGED_SAVE', {dom: db});
  await daemon.nextCall();
  const closing = client.close();
  const {name, serial} = await daemon.nextCall();
  t.is(name, 'CONNECT_CLOSE');
  daemon.reply('CONNECT_CLOSE', serial, {});
  await closing;
  t.is(await client.closed, undefined);
  await t.throwsAsync(waiting, {instanceOf: ConnectionError, code: 'CONNECTION_CLOSED'});
  await t.throwsAsync(client.call('CONNECT_GET_HOSTNAME', {}), {code: 'CONNECTION_CLOSED'});
  await client.close();
});

test('a daemon that hangs up instead of saying goodbye is no fault', async t => {
  const {daemon, client} = connected();
  const closing = client.close();
  await daemon.nextCall();
  daemon.hangUp();
  await closing;
  t.is(await client.closed, undefined);
});
