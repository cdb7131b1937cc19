import test from 'ava';

import {answerStep, RunError} from '../src/index.ts';
import {fails, Stage, states} from './fixtures/stage.ts';

test('a prompt waits for its answer, and its answer is its result', async t => {
  const stage = new Stage();
  const first = await stage.run([
    {id: 'name', kind: 'type-name', args: {text: 'Which host is dead?', name: 'sunjammer'}},
    {id: 'a', needs: ['name']},
  ]);
  t.is(first.status, 'waiting');
  const ways = {locks: stage.locks};
  await t.throwsAsync(answerStep(stage.store, 'run', 'name', 'sunjamer', ways), {
    instanceOf: RunError,
    code: 'BAD_ANSWER',
  });
  await answerStep(stage.store, 'run', 'name', 'sunjammer', ways);
  const second = await stage.resume();
  t.deepEqual(second.steps.name?.result, {answer: 'sunjammer'});
  t.deepEqual(stage.performed, ['a']);
});

test('a question can be answered while the run goes on waiting', async t => {
  const stage = new Stage();
  const running = stage.run([{id: 'sure', kind: 'confirm', args: {text: 'Sure?'}}], {
    whenWaiting: 'wait',
    onEvent: event => {
      if (event.type === 'step-asks') void answerStep(stage.store, 'run', 'sure', true, {locks: stage.locks});
    },
  });
  t.is((await running).status, 'done');
});

test('a no fails the step', async t => {
  const stage = new Stage();
  await stage.run([
    {id: 'sure', kind: 'confirm', args: {text: 'Sure?'}},
    {id: 'a', needs: ['sure']},
  ]);
  await answerStep(stage.store, 'run', 'sure', 'no', {locks: stage.locks});
  t.deepEqual(states(await stage.resume()), {sure: 'failed', a: 'pending'});
});

test('a failure that is planned to ask does as the answer says', async t => {
  const stage = new Stage({acts: {a: fails}});
  await stage.run([
    {id: 'a', onFailure: 'ask'},
    {id: 'b', needs: ['a']},
  ]);
  await answerStep(stage.store, 'run', 'a', 'continue', {locks: stage.locks});
  t.deepEqual(states(await stage.resume()), {a: 'failed', b: 'done'});
});
