import {mkdtemp, open, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {execa} from 'execa';

import {qcow2Header} from '../src/qcow2-header.ts';

/** What is said of an image that qemu-img made. */
async function headerOf(t: ExecutionContext, make: (image: string) => readonly string[][]) {
  const folder = await mkdtemp(join(tmpdir(), 'qcow2-header-'));
  t.teardown(() => rm(folder, {recursive: true, force: true}));
  const image = join(folder, 'image');
  for (const words of make(image)) await execa('qemu-img', words);
  await using file = await open(image);
  const {buffer} = await file.read(Buffer.alloc(80), 0, 80, 0);
  return qcow2Header(buffer);
}

const snapshot = (name: string, image: string) => ['snapshot', '-q', '-c', name, image];
const create = (image: string, ...options: string[]) => ['create', '-q', '-f', 'qcow2', ...options, image, '1M'];

test('an image of today and one of old hold their data and no snapshots', async t => {
  const plain = {snapshots: 0, data: 'inside'};
  t.deepEqual(await headerOf(t, image => [create(image)]), plain);
  t.deepEqual(await headerOf(t, image => [create(image, '-o', 'compat=0.10')]), plain);
});

test('snapshots inside are counted', async t => {
  const header = await headerOf(t, image => [create(image), snapshot('one', image), snapshot('two', image)]);
  t.is(header?.snapshots, 2);
});

test('data in a file of their own are seen', async t => {
  const header = await headerOf(t, image => [create(image, '-o', `data_file=${image}.data`)]);
  t.is(header?.data, 'apart');
});

test('a raw image has no such header', async t => {
  t.is(await headerOf(t, image => [['create', '-q', '-f', 'raw', image, '1M']]), undefined);
});
