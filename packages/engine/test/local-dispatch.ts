import test from 'ava';

import {localDispatch, openStore} from '../src/index.ts';
import {dispatchContract} from './fixtures/dispatch-contract.ts';
import {Stage, states} from './fixtures/stage.ts';

dispatchContract(test, {openStore: () => openStore(':memory:'), openDispatch: localDispatch});

test('a resumed run waits for attempts that somebody else still performs, instead of beginning them anew', async t => {
  const stage = new Stage({acts: {a: () => new Promise(() => undefined)}});
  // A controller that is gone, while a worker of its goes on: the end is still to come.
  const stop = new AbortController();
  const frozen = stage.run([{id: 'a'}, {id: 'b', needs: ['a']}], {
    onEvent: event => event.type === 'step-started' && stop.abort(),
  });
  void frozen.catch(() => undefined);
  await new Promise<void>(resolve => stop.signal.addEventListener('abort', () => resolve()));
  stage.forgetLocks();
  const resumed = await stage.resume({
    dispatch: parts => {
      const local = localDispatch(parts);
      const ends = [{step: 'a', token: 1, outcome: {status: 'done', how: 'performed', result: 'elsewhere'} as const}];
      return {
        ...local,
        adopt: async (_t, tokens) => new Set(tokens),
        ended: async tx => [...ends, ...(await local.ended(tx))],
        taken: told => {
          ends.length = 0;
          local.taken(told);
        },
      };
    },
  });
  t.deepEqual(states(resumed), {a: 'done', b: 'done'});
  t.is(resumed.steps.a?.result, 'elsewhere');
  t.is(resumed.steps.a?.attempt, 1);
  t.deepEqual(stage.performed, ['a', 'b']);
});
