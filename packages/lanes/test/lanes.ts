import test from 'ava';

import {type LanePlaces, Lanes} from '../src/index.ts';

function places(lane: string, count = 1): LanePlaces[] {
  return [{lane, places: count}];
}

/** An act that ends when it is told to. */
function act() {
  const {promise, resolve} = Promise.withResolvers<string>();
  const started = Promise.withResolvers<void>();
  const run = async () => {
    started.resolve();
    return promise;
  };
  return {run, end: resolve, started: started.promise};
}

test('an act waits until its lane is free, and returns what it returned', async t => {
  const lanes = new Lanes({limits: {disk: 1}});
  const first = act();
  const second = act();
  const ended = [lanes.hold(places('disk'), first.run), lanes.hold(places('disk'), second.run)];
  await first.started;
  t.is(lanes.waiting, 1);
  first.end('first');
  await second.started;
  second.end('second');
  t.deepEqual(await Promise.all(ended), ['first', 'second']);
  t.deepEqual(lanes.held(), new Map());
});

test('a lane of two takes two at once', async t => {
  const lanes = new Lanes({limits: {disk: 2}});
  const acts = [act(), act(), act()];
  const ended = acts.map(one => lanes.hold(places('disk'), one.run));
  await Promise.all([acts[0]?.started, acts[1]?.started]);
  t.deepEqual(lanes.held(), new Map([['disk', 2]]));
  for (const one of acts) one.end('done');
  t.is((await Promise.all(ended)).length, 3);
});

test('whoever does not want a full lane is not kept waiting by those who do', async t => {
  const lanes = new Lanes({limits: {disk: 1, link: 1}});
  const first = act();
  const held = lanes.hold(places('disk'), first.run);
  await first.started;
  const stuck = lanes.hold(places('disk'), async () => 'stuck');
  t.is(await lanes.hold(places('link'), async () => 'free'), 'free');
  first.end('done');
  t.is(await stuck, 'stuck');
  await held;
});

test('an act that fails gives its lanes back', async t => {
  const lanes = new Lanes({limits: {disk: 1}});
  await t.throwsAsync(
    lanes.hold(places('disk'), () => Promise.reject(new Error('broken'))),
    {message: 'broken'},
  );
  t.is(await lanes.hold(places('disk'), async () => 'next'), 'next');
});

test('a wider lane lets those in who wait', async t => {
  const lanes = new Lanes({limits: {disk: 1}});
  const acts = [act(), act()];
  const ended = acts.map(one => lanes.hold(places('disk'), one.run));
  await acts[0]?.started;
  lanes.limit('disk', 2);
  await acts[1]?.started;
  t.is(lanes.waiting, 0);
  for (const one of acts) one.end('done');
  await Promise.all(ended);
});

test('an aborted wait leaves the line', async t => {
  const lanes = new Lanes({limits: {disk: 1}});
  const first = act();
  const held = lanes.hold(places('disk'), first.run);
  await first.started;
  const abort = new AbortController();
  const waiting = lanes.hold(places('disk'), async () => 'never', {signal: abort.signal});
  abort.abort(new Error('enough'));
  await t.throwsAsync(waiting, {message: 'enough'});
  t.is(lanes.waiting, 0);
  first.end('done');
  await held;
});

test('an aborted act keeps its lanes until it has really ended', async t => {
  const lanes = new Lanes({limits: {disk: 1}});
  const first = act();
  const abort = new AbortController();
  const held = lanes.hold(places('disk'), first.run, {signal: abort.signal});
  await first.started;
  abort.abort(new Error('enough'));
  await t.throwsAsync(held, {message: 'enough'});
  t.deepEqual(lanes.held(), new Map([['disk', 1]]));
  const next = lanes.hold(places('disk'), async () => 'next');
  t.is(lanes.waiting, 1);
  first.end('thawed');
  t.is(await next, 'next');
});
