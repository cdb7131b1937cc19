import {chown, mkdir, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';

import {startLibvirtDaemon, type LibvirtDaemon} from '../../../libvirt/test/fixtures/libvirt-daemon.ts';
import {LibvirtLink} from '../../src/libvirt/libvirt-link.ts';
import {LibvirtStorage} from '../../src/libvirt/libvirt-storage.ts';

let daemon: LibvirtDaemon | undefined;
let folder = '';
const names: string[] = [];
let link: LibvirtLink;
let storage: LibvirtStorage;

test.before(async () => {
  daemon = await startLibvirtDaemon();
  folder = path.join(daemon.folder, 'images');
  await mkdir(folder);
  if (process.getuid?.() === 0) await chown(folder, 65_534, 65_534);
  link = new LibvirtLink('alder', daemon.uri('qemu', '/session'));
  const call = link.call.bind(link);
  link.call = (name, ...rest) => {
    names.push(name);
    return call(name, ...rest);
  };
  storage = new LibvirtStorage(link);
});

test.after.always(async () => {
  await storage?.close();
  await link?.close();
  await daemon?.stop();
});

test.serial('many files that are asked for at once need one look at their folder', async t => {
  await storage.find(path.join(folder, 'any.qcow2')); // puts a pool on the folder
  names.length = 0;
  const files = Array.from({length: 20}, (_, index) => path.join(folder, `disk${index}.qcow2`));
  const found = await Promise.all(files.map(file => storage.find(file)));
  t.true(found.every(file => file === undefined));
  t.is(names.filter(name => name === 'STORAGE_POOL_REFRESH').length, 1);
});

test.serial('a file that somebody else put there is found by the next question', async t => {
  const file = path.join(folder, 'late.raw');
  t.is(await storage.find(file), undefined);
  await writeFile(file, 'late');
  t.like(await storage.find(file), {lengthBytes: 4});
});

test.serial('a file that somebody else took away is not found any more', async t => {
  const file = path.join(folder, 'early.raw');
  await writeFile(file, 'early');
  t.like(await storage.find(file), {lengthBytes: 5});
  await rm(file);
  t.is(await storage.find(file), undefined);
});

test.serial('the pool on a folder is asked for once', async t => {
  const file = path.join(folder, 'often.raw');
  await writeFile(file, 'often');
  await storage.find(file);
  names.length = 0;
  await storage.find(file);
  t.deepEqual(names, ['STORAGE_VOL_LOOKUP_BY_NAME', 'STORAGE_VOL_GET_XML_DESC']);
});

test.serial('a pool that somebody else took away is asked for again', async t => {
  const file = path.join(folder, 'still.raw');
  await writeFile(file, 'still');
  await storage.find(file);
  for (const files of [[file], [file, path.join(folder, 'made.raw')]] as const) {
    const {pool} = await link.call('STORAGE_POOL_LOOKUP_BY_TARGET_PATH', {path: folder});
    await link.call('STORAGE_POOL_DESTROY', {pool});
    const [there, made] = files;
    if (made !== undefined) await storage.create({path: made, format: 'raw', capacityBytes: 4096});
    t.like(await storage.find(there), {lengthBytes: 5});
  }
  t.like(await storage.find(path.join(folder, 'made.raw')), {lengthBytes: 4096});
});

test.serial('a pool that somebody else put in its place is used', async t => {
  const file = path.join(folder, 'moved.raw');
  await writeFile(file, 'moved');
  await storage.find(file);
  const old = await link.call('STORAGE_POOL_LOOKUP_BY_TARGET_PATH', {path: folder});
  await link.call('STORAGE_POOL_DESTROY', old);
  const xml = `<pool type='dir'><name>other</name><target><path>${folder}</path></target></pool>`;
  const {pool} = await link.call('STORAGE_POOL_DEFINE_XML', {xml});
  await link.call('STORAGE_POOL_CREATE', {pool});
  t.like(await storage.find(file), {lengthBytes: 5});
  await link.call('STORAGE_POOL_DESTROY', {pool});
  await link.call('STORAGE_POOL_UNDEFINE', {pool});
  t.like(await storage.find(file), {lengthBytes: 5});
});

test.serial('a folder on which a pool lies that is off is not taken for a missing one', async t => {
  const off = path.join(daemon?.folder ?? '', 'off');
  await mkdir(off);
  if (process.getuid?.() === 0) await chown(off, 65_534, 65_534);
  await link.call('STORAGE_POOL_DEFINE_XML', {
    xml: `<pool type='dir'><name>resting</name><target><path>${off}</path></target></pool>`,
  });
  const file = path.join(off, 'disk.raw');
  const said = {message: /resting/u};
  await t.throwsAsync(storage.find(file), said);
  await t.throwsAsync(storage.create({path: file, format: 'raw', capacityBytes: 1024}), said);
});

test.serial('a folder that cannot be made is told with the reason', async t => {
  const file = '/proc/none/disk.raw';
  t.is(await storage.find(file), undefined);
  await t.throwsAsync(storage.create({path: file, format: 'raw', capacityBytes: 1024}), {
    message: /\/proc\/none cannot be used for volumes: .*No such file/u,
  });
});

test.serial('several that look into a bare folder at once all find what is there', async t => {
  const bare = path.join(daemon?.folder ?? '', 'bare');
  await mkdir(bare);
  if (process.getuid?.() === 0) await chown(bare, 65_534, 65_534);
  const file = path.join(bare, 'disk.raw');
  await writeFile(file, 'data');
  const several = Array.from({length: 8}, () => new LibvirtStorage(link));
  const found = await Promise.all(several.map(one => one.find(file)));
  t.deepEqual(
    found.map(volume => volume?.lengthBytes),
    several.map(() => 4),
  );
  await several[0]?.close();
});
