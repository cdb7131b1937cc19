import {Buffer} from 'node:buffer';
import {createHash, randomBytes} from 'node:crypto';
import {readdir} from 'node:fs/promises';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import test from 'ava';
import type {StorageVolumeRef} from '../src/wire/schema.ts';
import {RpcClient} from '../src/rpc-client.ts';
import {toReadable, toWritable} from '../src/stream-adapters.ts';
import {startLibvirtDaemon, type LibvirtDaemon} from './fixtures/libvirt-daemon.ts';

const mib = 1024 * 1024;
const sparse = 1;

let daemon: LibvirtDaemon;
let client: RpcClient;

test.before('a pool on a daemon', async () => {
  daemon = await startLibvirtDaemon();
  client = await RpcClient.connect(daemon.uri('qemu', '/session'));
  const target = `<target><path>${daemon.folder}/pool</path></target>`;
  const {pool} = await client.call('STORAGE_POOL_DEFINE_XML', {xml: `<pool type='dir'><name>p</name>${target}</pool>`});
  await client.call('STORAGE_POOL_BUILD', {pool});
  await client.call('STORAGE_POOL_CREATE', {pool});
});

test.after.always(async () => {
  await client?.close();
  await daemon?.stop();
});

async function volume(name: string, capacity: number): Promise<StorageVolumeRef> {
  const {pool} = await client.call('STORAGE_POOL_LOOKUP_BY_NAME', {name: 'p'});
  const sizes = `<capacity>${capacity}</capacity><allocation>0</allocation>`;
  const {vol} = await client.call('STORAGE_VOL_CREATE_XML', {
    pool,
    xml: `<volume><name>${name}</name>${sizes}</volume>`,
  });
  return vol;
}

const openFiles = async (): Promise<number> => (await readdir(`/proc/${daemon.pid}/fd`)).length;

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

test('a volume comes back as it was sent', async t => {
  const vol = await volume('whole', 8 * mib);
  const data = randomBytes(8 * mib);
  const upload = await client.openStream('STORAGE_VOL_UPLOAD', {vol, offset: 0, length: data.length});
  await pipeline(Readable.from([data]), toWritable(upload));
  const download = await client.openStream('STORAGE_VOL_DOWNLOAD', {vol, offset: 0, length: 0});
  t.is(digest(Buffer.concat(await toReadable(download).toArray())), digest(data));
});

test('a sparse volume travels as its data alone', async t => {
  const vol = await volume('sparse', 1024 * mib);
  const data = randomBytes(mib);
  const upload = await client.openStream('STORAGE_VOL_UPLOAD', {vol, offset: 0, length: 0, flags: sparse});
  await upload.write(data);
  await upload.writeHole(1022 * mib);
  await upload.write(data);
  await upload.finish();
  const {allocation} = await client.call('STORAGE_VOL_GET_INFO', {vol});
  t.true(allocation < 4 * mib, `${allocation} bytes are allocated`);

  const download = await client.openStream('STORAGE_VOL_DOWNLOAD', {vol, offset: 0, length: 0, flags: sparse});
  const parts: Uint8Array[] = [];
  let holeBytes = 0;
  for await (const piece of download) {
    if (piece.kind === 'data') {
      parts.push(piece.bytes);
    } else {
      holeBytes += piece.lengthBytes;
    }
  }
  t.is(digest(Buffer.concat(parts)), digest(Buffer.concat([data, data])));
  t.is(holeBytes, 1022 * mib);
});

test('an upload that does not fit fails with the reason, and the connection stays', async t => {
  // libvirt 11.3 crashes, by `virsh vol-upload --length` as well; 9.0 does not.
  if (Number((await client.call('CONNECT_GET_LIB_VERSION', {})).libVer) >= 11_000_000) {
    t.pass();
    return;
  }
  const vol = await volume('small', mib);
  const upload = await client.openStream('STORAGE_VOL_UPLOAD', {vol, offset: 0, length: 1000});
  await t.throwsAsync(pipeline(Readable.from([Buffer.alloc(4 * mib)]), toWritable(upload)), {
    message: /No space left on device/,
  });
  t.deepEqual(await client.call('CONNECT_GET_TYPE', {}), {type: 'QEMU'});
});

test.serial('streams that are left early leave nothing open on the daemon', async t => {
  const vol = await volume('left', 64 * mib);
  const leave = async (): Promise<void> => {
    const download = await client.openStream('STORAGE_VOL_DOWNLOAD', {vol, offset: 0, length: 0});
    await download.read();
    download.abort();
    await download.done.catch(() => {});
  };
  await leave();
  await client.call('CONNECT_GET_TYPE', {});
  const before = await openFiles();
  for (let round = 0; round < 20; round++) {
    await leave();
  }
  // The daemon tidies up after it has answered: it gets some calls to do so.
  let after = await openFiles();
  for (let calls = 0; calls < 1000 && after > before + 2; calls++) {
    await client.call('CONNECT_GET_TYPE', {});
    after = await openFiles();
  }
  t.true(after <= before + 2, `${before} files were open, now ${after}`);
});
