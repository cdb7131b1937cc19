import test from 'ava';

import {whileMoving} from '../src/while-moving.ts';

/** One timer, which the test lets run out. */
function timer() {
  let waiting: (() => void) | undefined;
  let set = 0;
  return {
    runOut: () => waiting?.(),
    get set() {
      return set;
    },
    get isWaiting() {
      return waiting !== undefined;
    },
    later: (_ms: number, act: () => void) => {
      waiting = act;
      set += 1;
      return () => void (waiting = undefined);
    },
  };
}

const signal = new AbortController().signal;
const stalled = () => new Error('nothing has moved');

function movesTwice({moved}: {moved: () => void}): Promise<string> {
  moved();
  moved();
  return Promise.resolve('done');
}

test('what moves is left alone, and its timer ends with it', async t => {
  const clock = timer();
  t.is(await whileMoving(movesTwice, {signal, stallMs: 10, stalled, later: clock.later}), 'done');
  t.is(clock.set, 3);
  t.false(clock.isWaiting);
});

test('what stands still is told to stop, and not waited for', async t => {
  const clock = timer();
  let inner: AbortSignal | undefined;
  const moving = whileMoving<never>(
    options => {
      inner = options.signal;
      return new Promise(() => {});
    },
    {signal, stallMs: 10, stalled, later: clock.later},
  );
  clock.runOut();
  await t.throwsAsync(moving, {message: 'nothing has moved'});
  t.true(inner?.aborted);
});

test('what moves again after it was given up stays given up', async t => {
  const clock = timer();
  let moved: (() => void) | undefined;
  const moving = whileMoving<never>(
    options => {
      moved = options.moved;
      return new Promise(() => {});
    },
    {signal, stallMs: 10, stalled, later: clock.later},
  );
  clock.runOut();
  moved?.();
  await t.throwsAsync(moving, {message: 'nothing has moved'});
  t.false(clock.isWaiting);
});
