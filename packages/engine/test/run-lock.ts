import {spawn} from 'node:child_process';
import {once} from 'node:events';

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

test('a lock is free at once when its holder is killed', async t => {
  const key = `test-${process.pid}-killed`;
  const program = `
    const {kernelLocks} = await import(${JSON.stringify(door)});
    await kernelLocks.take(${JSON.stringify(key)}, () => undefined);
    setInterval(() => undefined, 1000);
    console.log('held');`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  t.true(await kernelLocks.poke(key));
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  t.false(await kernelLocks.poke(key));
  const lock = await kernelLocks.take(key, () => undefined);
  t.truthy(lock);
  await lock?.release();
});
