import test from 'ava';
import {EventBuffer} from '../../src/events/event-buffer.ts';

test('events come in order, at once or when they arrive', async t => {
  const buffer = new EventBuffer<number>(8);
  buffer.push(1);
  t.is(await buffer.next(), 1);
  const waiting = buffer.next();
  buffer.push(2);
  t.is(await waiting, 2);
});

test('who asks again before an event has come gets the one after it', async t => {
  const buffer = new EventBuffer<number>(8);
  const asked = [buffer.next(), buffer.next(), buffer.next()];
  buffer.push(1);
  buffer.push(2);
  buffer.end();
  t.deepEqual(await Promise.all(asked), [1, 2, undefined]);
});

test('one event too many drops them all, and says so once', async t => {
  const buffer = new EventBuffer<number>(2);
  for (const event of [1, 2, 3, 4]) {
    buffer.push(event);
  }
  t.is(await buffer.next(), 'overflow');
  t.is(buffer.recover(), 4);
  buffer.push(5);
  t.is(await buffer.next(), 5);
});

test('what waits comes before the end, and the error once', async t => {
  const buffer = new EventBuffer<number>(2);
  buffer.push(1);
  buffer.end(new Error('lost'));
  t.is(await buffer.next(), 1);
  await t.throwsAsync(buffer.next(), {message: 'lost'});
  t.is(await buffer.next(), undefined);
});

test('an abort does not wait for its consumer', async t => {
  const buffer = new EventBuffer<number>(2);
  buffer.push(1);
  buffer.abort();
  t.is(await buffer.next(), undefined);
});
