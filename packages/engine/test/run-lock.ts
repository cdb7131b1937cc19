import {type ChildProcessByStdio, spawn} from 'node:child_process';
import {once} from 'node:events';
import type {Readable} from 'node:stream';

import test from 'ava';

import {kernelLocks} from '../src/index.ts';

const door = new URL('../src/index.ts', import.meta.url).href;

test('a lock has one holder, and can be taken again when it was given back', async t => {
  const key = `test-${process.pid}-one`;
  const lock = await kernelLocks.take(key, () => undefined);
  t.is(await kernelLocks.take(key, () => undefined), undefined);
  await lock?.release();
  const again = await kernelLocks.take(key, () => undefined);
  t.truthy(again);
  await again?.release();
});

test('a poke tells whether somebody holds it, and wakes them', async t => {
  const key = `test-${process.pid}-poke`;
  t.false(await kernelLocks.poke(key));
  const woken = Promise.withResolvers<string>();
  const lock = await kernelLocks.take(key, () => woken.resolve('woken'));
  t.true(await kernelLocks.poke(key));
  t.is(await woken.promise, 'woken');
  await lock?.release();
});

test('who watches a lock hears in the same moment that it was given back, and not before', async t => {
  const key = `test-${process.pid}-watch`;
  const lock = await kernelLocks.take(key, () => undefined);
  let free = false;
  const heard = Promise.withResolvers<void>();
  kernelLocks.watch?.(key, () => {
    free = true;
    heard.resolve();
  });
  kernelLocks.watch?.(key, () => t.fail('this watch was ended'))();
  t.true(await kernelLocks.poke(key));
  t.false(free);
  await lock?.release();
  await heard.promise;
  const nobody = Promise.withResolvers<void>();
  kernelLocks.watch?.(key, () => nobody.resolve());
  await t.notThrowsAsync(nobody.promise);
});

test('a holder that is frozen holds its lock, however many have called', async t => {
  const key = `test-${process.pid}-frozen`;
  const holder = await holderOf(key);
  holder.kill('SIGSTOP');
  const calls = await Promise.all(Array.from({length: 700}, () => kernelLocks.poke(key)));
  t.true(calls.every(Boolean));
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  t.false(await kernelLocks.poke(key));
});

test('a lock is free at once when its holder is killed', async t => {
  const key = `test-${process.pid}-killed`;
  const holder = await holderOf(key);
  t.true(await kernelLocks.poke(key));
  const heard = Promise.withResolvers<void>();
  kernelLocks.watch?.(key, () => heard.resolve());
  await new Promise(setImmediate);
  holder.kill('SIGKILL');
  await Promise.all([once(holder, 'exit'), heard.promise]);
  t.false(await kernelLocks.poke(key));
  const lock = await kernelLocks.take(key, () => undefined);
  t.truthy(lock);
  await lock?.release();
});

test('who hears of the death of a holder finds its lock free, in whatever order the kernel closes what it had open', async t => {
  const key = `test-${process.pid}-dying`;
  const holder = await holderOf(key, {files: 9000});
  const found = [];
  // The first caller's connection is numbered below the lock, the second one's above.
  for (let caller = 0; caller < 2; caller += 1) {
    const free = Promise.withResolvers<boolean>();
    kernelLocks.watch?.(key, () => free.resolve(kernelLocks.poke(key)));
    found.push(free.promise);
    await once(holder.stdout, 'data');
  }
  holder.kill('SIGKILL');
  t.deepEqual(await Promise.all(found), [false, false]);
});

/** A process that holds a lock until it is killed, with files open before and behind it, and says when it is poked. */
async function holderOf(key: string, {files = 0} = {}): Promise<ChildProcessByStdio<null, Readable, null>> {
  const program = `
    const {closeSync, openSync} = await import('node:fs');
    const {kernelLocks} = await import(${JSON.stringify(door)});
    const most = Number(process.report.getReport().userLimits.open_files.hard);
    const length = Math.min(${files}, Number.isNaN(most) ? ${files} : Math.floor(most / 2) - 100);
    const open = () => Array.from({length}, () => openSync('/dev/null'));
    const [lowest] = open();
    await kernelLocks.take(${JSON.stringify(key)}, () => console.log('poked'));
    open();
    if (lowest !== undefined) closeSync(lowest);
    setInterval(() => undefined, 1000);
    console.log('held');`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  return holder;
}
