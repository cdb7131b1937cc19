import test from 'ava';
import {DelayedFrames} from '../src/delayed-frames.ts';

/** A cable of 50 ms with a clock that stands still until it is told to go. */
function cable({bytesMax = 1000} = {}) {
  const arrived: string[] = [];
  const timers: {readonly atMs: number; readonly act: () => void}[] = [];
  let now = 0;
  const frames = new DelayedFrames({
    delayMs: 50,
    bytesMax,
    deliver: frame => arrived.push(`${now}:${Buffer.from(frame).toString()}`),
    nowMs: () => now,
    later: (act, ms) => timers.push({atMs: now + ms, act}),
  });
  return {
    arrived,
    send: (text: string) => frames.add(Buffer.from(text)),
    until: (ms: number) => {
      for (let due = timers.shift(); due; due = timers.shift()) {
        if (due.atMs > ms) {
          timers.unshift(due);
          break;
        }
        now = due.atMs;
        due.act();
      }
      now = ms;
    },
  };
}

test('each frame comes out after its own delay, in order', t => {
  const {arrived, send, until} = cable();
  send('a');
  until(20);
  send('b');
  send('c');
  until(49);
  t.deepEqual(arrived, []);
  until(60);
  t.deepEqual(arrived, ['50:a']);
  until(200);
  t.deepEqual(arrived, ['50:a', '70:b', '70:c']);
  send('d');
  until(300);
  t.is(arrived.at(-1), '250:d');
});

test('what does not fit on the cable any more is lost, and room comes back', t => {
  const {arrived, send, until} = cable({bytesMax: 6});
  send('1234');
  send('567');
  send('89');
  until(50);
  t.deepEqual(arrived, ['50:1234', '50:89']);
  send('567');
  until(100);
  t.is(arrived.at(-1), '100:567');
});
