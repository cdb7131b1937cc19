import {chown, mkdir, writeFile} from 'node:fs/promises';
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
