import test from 'ava';

import {runProgress} from '../src/run-progress.ts';

test('a run has come as far as its bytes have', t => {
  t.deepEqual(
    runProgress([
      {weightBytes: 600, state: 'done'},
      {weightBytes: 200, state: 'running', progress: {fraction: 0.25}},
      {weightBytes: 200, state: 'to do'},
    ]),
    {fraction: 0.65, leftBytes: 350},
  );
});

test('what was left out is neither done nor still to do', t => {
  t.deepEqual(runProgress([{weightBytes: 100, state: 'left'}]), {fraction: 0, leftBytes: 0});
});

test('a run that carries nothing has no bytes to go by', t => {
  t.is(runProgress([]), undefined);
  t.is(runProgress([{weightBytes: 0, state: 'to do'}]), undefined);
});
