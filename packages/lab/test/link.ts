import test from 'ava';
import {queueArguments} from '../src/link.ts';

test('a link without bounds has no queue', t => {
  t.is(queueArguments({}), undefined);
});

test('a rate alone needs no netem', t => {
  t.is(queueArguments({rateMbit: 100})?.join(' '), 'tbf rate 100mbit burst 131072b latency 100ms');
});

test('a fast link gets a bucket of 10 ms', t => {
  t.true(queueArguments({rateMbit: 1000})?.includes('1250000b'));
});

test('a delay is added by netem, with the rate if there is one', t => {
  t.is(queueArguments({delayMs: 20})?.join(' '), 'netem delay 20ms limit 20000');
  t.is(queueArguments({delayMs: 20, rateMbit: 50})?.join(' '), 'netem delay 20ms rate 50mbit limit 20000');
});
