import {spawn} from 'node:child_process';
import {once} from 'node:events';
import test from 'ava';
import {identifyProcess, isAlive, killProcess, parseStat} from '../src/process-identity.ts';

test('the start tick is found behind a name with spaces and brackets', t => {
  const line = '12 (a (b) c) S 1 12 12 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 1000 200';
  t.deepEqual(parseStat(line), {state: 'S', startTicks: 98_765});
});

test('this process is alive', t => {
  const self = identifyProcess(process.pid);
  t.truthy(self);
  t.true(self && isAlive(self));
});

test('a pid that was given out again is another process, and is not killed', async t => {
  const child = spawn('sleep', ['60'], {stdio: 'ignore'});
  await once(child, 'spawn');
  const identity = identifyProcess(child.pid ?? -1);
  t.truthy(identity);
  if (!identity) return;
  await killProcess({...identity, startTicks: identity.startTicks - 1});
  await killProcess({...identity, bootId: 'another boot'});
  t.true(isAlive(identity));
  await killProcess(identity);
  t.false(isAlive(identity));
});
