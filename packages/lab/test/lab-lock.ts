import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import test from 'ava';
import {underLabLock} from '../src/lab-lock.ts';

const path = `/a-lab-of-this-test-${process.pid}`;

test('one at a time, whoever comes first', async t => {
  const order: string[] = [];
  const inside = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const first = underLabLock(`${path}/one`, async () => {
    order.push('first in');
    inside.resolve();
    await release.promise;
    order.push('first out');
  });
  await inside.promise;
  const others = [1, 2, 3].map(async () => underLabLock(`${path}/one`, async () => void order.push('other')));
  await underLabLock(`${path}/two`, async () => void order.push('another lab'));
  release.resolve();
  await Promise.all([first, ...others]);
  t.deepEqual(order, ['first in', 'another lab', 'first out', 'other', 'other', 'other']);
});

test('what fails under the lock lets go of it', async t => {
  const failing = underLabLock(`${path}/failing`, () => Promise.reject(new Error('no')));
  await t.throwsAsync(failing, {message: 'no'});
  t.is(await underLabLock(`${path}/failing`, () => Promise.resolve('mine')), 'mine');
});

test('who is told to stop while it waits, stops', async t => {
  const stop = new AbortController();
  await underLabLock(`${path}/stop`, async () => {
    const waiting = underLabLock(`${path}/stop`, () => Promise.resolve(), {signal: stop.signal});
    setImmediate(() => stop.abort(new Error('enough')));
    await t.throwsAsync(waiting, {message: 'enough'});
  });
});

test('a process that dies (-9) lets go of it', async t => {
  const module = JSON.stringify(join(import.meta.dirname, '../src/lab-lock.ts'));
  const program = `import {underLabLock} from ${module}; await underLabLock(${JSON.stringify(`${path}/dead`)}, () => new Promise(() => { console.log('held'); setInterval(() => {}, 1000); }));`;
  const holder = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(createInterface(holder.stdout), 'line');
  const mine = underLabLock(`${path}/dead`, () => Promise.resolve('mine'));
  holder.kill('SIGKILL');
  t.is(await mine, 'mine');
});
