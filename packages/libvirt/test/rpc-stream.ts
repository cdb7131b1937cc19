import {Buffer} from 'node:buffer';
import {setImmediate as turn} from 'node:timers/promises';
import {text} from 'node:stream/consumers';
import {Readable} from 'node:stream';
import {finished, pipeline} from 'node:stream/promises';
import test from 'ava';
import {RpcClient} from '../src/rpc-client.ts';
import {packetBytesMax, type RpcStream} from '../src/rpc-stream.ts';
import {toDuplex, toReadable, toWritable} from '../src/stream-adapters.ts';
import {frameStatus, frameTypes} from '../src/wire/frame.ts';
import {FakeDaemon} from './fixtures/fake-daemon.ts';

const vol = {pool: 'default', name: 'db.qcow2', key: '/db.qcow2'};
const goOn = frameStatus.continue;
type Name = 'STORAGE_VOL_DOWNLOAD' | 'STORAGE_VOL_UPLOAD';

async function opened(
  name: Name,
  {signal}: {signal?: AbortSignal} = {},
): Promise<{daemon: FakeDaemon; client: RpcClient; stream: RpcStream; serial: number}> {
  const daemon = new FakeDaemon();
  const client = new RpcClient(daemon.transport, {host: 'alder', keepalive: {intervalMs: 0}});
  const opening = client.openStream(name, {vol, offset: 0, length: 0}, {signal});
  const {serial} = await daemon.nextCall();
  daemon.reply(name, serial, {});
  return {daemon, client, stream: await opening, serial};
}

test('a download gives its pieces, then finishes and waits for the confirmation', async t => {
  const {daemon, stream, serial} = await opened('STORAGE_VOL_DOWNLOAD');
  daemon.packet('STORAGE_VOL_DOWNLOAD', serial, goOn, Buffer.from('abc'));
  daemon.hole('STORAGE_VOL_DOWNLOAD', serial, 2 ** 40);
  daemon.packet('STORAGE_VOL_DOWNLOAD', serial, goOn);
  t.deepEqual(await stream.read(), {kind: 'data', bytes: Buffer.from('abc')});
  t.deepEqual(await stream.read(), {kind: 'hole', lengthBytes: 2 ** 40});
  const end = stream.read();
  const {status, payload} = await daemon.nextPacket();
  t.deepEqual([status, payload.length], [frameStatus.ok, 0]);
  daemon.packet('STORAGE_VOL_DOWNLOAD', serial, frameStatus.ok);
  t.is(await end, undefined);
  await stream.done;
});

test('reads that wait together each get their piece', async t => {
  const {daemon, stream, serial} = await opened('STORAGE_VOL_DOWNLOAD');
  const reads = [stream.read(), stream.read(), stream.read()];
  for (const piece of ['a', 'b', '']) daemon.packet('STORAGE_VOL_DOWNLOAD', serial, goOn, Buffer.from(piece));
  await daemon.nextPacket();
  daemon.packet('STORAGE_VOL_DOWNLOAD', serial, frameStatus.ok);
  t.deepEqual(await Promise.all(reads), [
    {kind: 'data', bytes: Buffer.from('a')},
    {kind: 'data', bytes: Buffer.from('b')},
    undefined,
  ]);
});

test('packets that come together with the answer are not lost', async t => {
  const daemon = new FakeDaemon();
  const client = new RpcClient(daemon.transport, {keepalive: {intervalMs: 0}});
  const opening = client.openStream('STORAGE_VOL_DOWNLOAD', {vol, offset: 0, length: 0});
  const {serial} = await daemon.nextCall();
  daemon.reply('STORAGE_VOL_DOWNLOAD', serial, {});
  daemon.packet('STORAGE_VOL_DOWNLOAD', serial, goOn, Buffer.from('abc'));
  await turn();
  t.deepEqual(await (await opening).read(), {kind: 'data', bytes: Buffer.from('abc')});
});

test('packets that come before the answer are not lost', async t => {
  const daemon = new FakeDaemon();
  const client = new RpcClient(daemon.transport, {keepalive: {intervalMs: 0}});
  const opening = client.openStream('STORAGE_VOL_DOWNLOAD', {vol, offset: 0, length: 0});
  const {serial} = await daemon.nextCall();
  daemon.packet('STORAGE_VOL_DOWNLOAD', serial, goOn, Buffer.from('abc'));
  daemon.packet('STORAGE_VOL_DOWNLOAD', serial, goOn);
  await turn();
  daemon.reply('STORAGE_VOL_DOWNLOAD', serial, {});
  const stream = await opening;
  t.deepEqual(await stream.read(), {kind: 'data', bytes: Buffer.from('abc')});
  const end = stream.read();
  t.is((await daemon.nextPacket()).status, frameStatus.ok);
  daemon.packet('STORAGE_VOL_DOWNLOAD', serial, frameStatus.ok);
  t.is(await end, undefined);
});

test('packets before the answer of a call that fails are dropped with it', async t => {
  const daemon = new FakeDaemon();
  const client = new RpcClient(daemon.transport, {keepalive: {intervalMs: 0}});
  const opening = client.openStream('STORAGE_VOL_DOWNLOAD', {vol, offset: 0, length: 0});
  const {serial} = await daemon.nextCall();
  daemon.packet('STORAGE_VOL_DOWNLOAD', serial, goOn, Buffer.from('abc'));
  daemon.refuse('STORAGE_VOL_DOWNLOAD', serial, {code: 38, message: 'read error'});
  t.like(await t.throwsAsync(opening), {code: 'SYSTEM_ERROR'});
  const asking = client.call('CONNECT_GET_HOSTNAME', {});
  daemon.reply('CONNECT_GET_HOSTNAME', (await daemon.nextCall()).serial, {hostname: 'alder'});
  t.deepEqual(await asking, {hostname: 'alder'});
});

test('a download that the daemon breaks off rejects with its error, and the connection stays', async t => {
  const {daemon, client, stream, serial} = await opened('STORAGE_VOL_DOWNLOAD');
  const reading = stream.read();
  daemon.breakStream('STORAGE_VOL_DOWNLOAD', serial, {code: 38, message: 'read error'});
  const expected = {code: 'SYSTEM_ERROR', message: 'read error', procedure: 'STORAGE_VOL_DOWNLOAD', host: 'alder'};
  t.like(await t.throwsAsync(reading), expected);
  t.like(await t.throwsAsync(stream.done), expected);
  const asking = client.call('CONNECT_GET_HOSTNAME', {});
  daemon.reply('CONNECT_GET_HOSTNAME', (await daemon.nextCall()).serial, {hostname: 'alder'});
  t.deepEqual(await asking, {hostname: 'alder'});
});

test('an upload is cut into packets and complete only when the daemon confirms', async t => {
  const {daemon, stream, serial} = await opened('STORAGE_VOL_UPLOAD');
  await stream.write(Buffer.alloc(packetBytesMax + 5, 1));
  await stream.writeHole(4096);
  let complete = false;
  const finishing = stream.finish().then(() => {
    complete = true;
    return complete;
  });
  const packets = [];
  for (let count = 0; count < 4; count++) {
    const {type, status, payload, serial: of} = await daemon.nextPacket();
    packets.push([type, status, payload.length, of]);
  }
  t.deepEqual(packets, [
    [frameTypes.stream, goOn, packetBytesMax, serial],
    [frameTypes.stream, goOn, 5, serial],
    [frameTypes.streamHole, goOn, 12, serial],
    [frameTypes.stream, frameStatus.ok, 0, serial],
  ]);
  await turn();
  t.false(complete);
  daemon.packet('STORAGE_VOL_UPLOAD', serial, frameStatus.ok);
  t.true(await finishing);
  await t.throwsAsync(stream.write(Buffer.alloc(1)), {code: 'STREAM_CLOSED'});
});

test('an upload waits while the daemon does not read', async t => {
  const {daemon, stream} = await opened('STORAGE_VOL_UPLOAD');
  daemon.read(false);
  let written = 0;
  const writing = (async () => {
    for (; written < 64; written++) {
      await stream.write(Buffer.alloc(packetBytesMax));
    }
  })();
  await turn();
  await turn();
  t.true(written < 4, `${written} packets were taken`);
  daemon.read(true);
  await writing;
  t.is(written, 64);
});

test('an abort ends the writing to a daemon that does not read', async t => {
  const {daemon, stream} = await opened('STORAGE_VOL_UPLOAD');
  daemon.read(false);
  const reason = new Error('enough');
  const writing = stream.write(Buffer.alloc(packetBytesMax));
  stream.abort(reason);
  t.is(await t.throwsAsync(writing), reason);
});

test('an abort ends the finishing of an upload that a daemon does not read', async t => {
  const {daemon, stream} = await opened('STORAGE_VOL_UPLOAD');
  daemon.read(false);
  const reason = new Error('enough');
  void stream.write(Buffer.alloc(packetBytesMax)).catch(() => {});
  const finishing = stream.finish();
  stream.abort(reason);
  t.is(await t.throwsAsync(finishing), reason);
});

test('a download is held back while nobody reads it', async t => {
  const {daemon, stream, serial} = await opened('STORAGE_VOL_DOWNLOAD');
  const packets = 64;
  for (let count = 0; count < packets; count++) {
    daemon.packet('STORAGE_VOL_DOWNLOAD', serial, goOn, Buffer.alloc(packetBytesMax));
  }
  daemon.packet('STORAGE_VOL_DOWNLOAD', serial, goOn);
  daemon.packet('STORAGE_VOL_DOWNLOAD', serial, frameStatus.ok);
  await turn();
  t.true(daemon.transport.input.isPaused());
  let bytes = 0;
  for await (const chunk of toReadable(stream)) {
    bytes += (chunk as Buffer).length;
  }
  t.is(bytes, packets * packetBytesMax);
  t.false(daemon.transport.input.isPaused());
});

test('leaving a download early aborts it on the daemon', async t => {
  const {daemon, stream, serial} = await opened('STORAGE_VOL_DOWNLOAD');
  daemon.packet('STORAGE_VOL_DOWNLOAD', serial, goOn, Buffer.from('abc'));
  for await (const piece of stream) {
    t.is(piece.kind, 'data');
    break;
  }
  t.is((await daemon.nextPacket()).status, frameStatus.error);
  await t.throwsAsync(stream.done, {code: 'STREAM_CLOSED'});
});

test('a signal aborts a stream that is open, on both sides', async t => {
  const cancel = new AbortController();
  const {daemon, stream} = await opened('STORAGE_VOL_DOWNLOAD', {signal: cancel.signal});
  const reason = new Error('enough');
  const reading = stream.read();
  cancel.abort(reason);
  t.is(await t.throwsAsync(reading), reason);
  t.is((await daemon.nextPacket()).status, frameStatus.error);
});

test('a stream that was cancelled before the answer came is aborted when it comes', async t => {
  const daemon = new FakeDaemon();
  const client = new RpcClient(daemon.transport, {keepalive: {intervalMs: 0}});
  const cancel = new AbortController();
  const opening = client.openStream('STORAGE_VOL_UPLOAD', {vol, offset: 0, length: 0}, {signal: cancel.signal});
  const {serial} = await daemon.nextCall();
  cancel.abort(new Error('enough'));
  await t.throwsAsync(opening, {message: 'enough'});
  daemon.reply('STORAGE_VOL_UPLOAD', serial, {});
  const packet = await daemon.nextPacket();
  t.deepEqual([packet.serial, packet.status], [serial, frameStatus.error]);
});

test('the end of the connection ends its streams', async t => {
  const {daemon, stream} = await opened('STORAGE_VOL_DOWNLOAD');
  const reading = stream.read();
  daemon.hangUp();
  await t.throwsAsync(reading, {code: 'CONNECTION_LOST'});
});

test('as Node stream, holes are zeros', async t => {
  const {daemon, stream, serial} = await opened('STORAGE_VOL_DOWNLOAD');
  daemon.packet('STORAGE_VOL_DOWNLOAD', serial, goOn, Buffer.from('a'));
  daemon.hole('STORAGE_VOL_DOWNLOAD', serial, 70_000);
  daemon.packet('STORAGE_VOL_DOWNLOAD', serial, goOn, Buffer.from('b'));
  daemon.packet('STORAGE_VOL_DOWNLOAD', serial, goOn);
  daemon.packet('STORAGE_VOL_DOWNLOAD', serial, frameStatus.ok);
  t.is(await text(toReadable(stream)), `a${'\0'.repeat(70_000)}b`);
});

test('a Node stream that is destroyed while it waits for data aborts the download', async t => {
  const {daemon, stream} = await opened('STORAGE_VOL_DOWNLOAD');
  const readable = toReadable(stream);
  readable.resume();
  await turn();
  readable.destroy();
  t.is((await daemon.nextPacket()).status, frameStatus.error);
});

test('a Node upload has finished when the daemon has confirmed', async t => {
  const {daemon, stream, serial} = await opened('STORAGE_VOL_UPLOAD');
  const writable = toWritable(stream);
  writable.end('abc');
  t.is((await daemon.nextPacket()).payload.toString(), 'abc');
  t.is((await daemon.nextPacket()).status, frameStatus.ok);
  t.false(writable.writableFinished);
  daemon.packet('STORAGE_VOL_UPLOAD', serial, frameStatus.ok);
  await finished(writable);
  t.true(writable.writableFinished);
});

test('a Node upload fails as soon as the daemon breaks it off', async t => {
  const {daemon, stream, serial} = await opened('STORAGE_VOL_UPLOAD');
  const writable = toWritable(stream);
  writable.write('abc');
  daemon.breakStream('STORAGE_VOL_UPLOAD', serial, {code: 38, message: 'No space left on device'});
  await t.throwsAsync(finished(writable), {message: 'No space left on device'});
});

test('an upload that nobody has begun with outlives its connection, and tells the first who does', async t => {
  const {daemon, client, stream} = await opened('STORAGE_VOL_UPLOAD');
  const upload = toWritable(stream);
  daemon.hangUp();
  await client.closed;
  await turn();
  await t.throwsAsync(pipeline(Readable.from(['abc']), upload), {code: 'CONNECTION_LOST'});
});

test('a console speaks both ways', async t => {
  const daemon = new FakeDaemon();
  const client = new RpcClient(daemon.transport, {keepalive: {intervalMs: 0}});
  const dom = {name: 'db', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 1};
  const opening = client.openStream('DOMAIN_OPEN_CONSOLE', {dom});
  const {serial} = await daemon.nextCall();
  daemon.reply('DOMAIN_OPEN_CONSOLE', serial, {});
  const consoleStream = toDuplex(await opening);
  consoleStream.write('root\n');
  t.is((await daemon.nextPacket()).payload.toString(), 'root\n');
  daemon.packet('DOMAIN_OPEN_CONSOLE', serial, goOn, Buffer.from('Password: '));
  const [said] = (await consoleStream[Symbol.asyncIterator]().next()).value as [number];
  t.is(said, 'P'.charCodeAt(0));
});
