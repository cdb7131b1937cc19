import test from 'ava';

import {makePlan, runPlan, undoPlan} from '../src/index.ts';
import {fails, Stage} from './fixtures/stage.ts';

test('what was done is taken back, last things first, and what cannot be is told', async t => {
  const there = new Set<string>();
  const order: string[] = [];
  const stage = new Stage({acts: {d: fails}});
  const kind = {
    ...stage.kind,
    kind: 'put',
    inspect: async (_args: object, {step}: {step: string}) =>
      ({state: there.has(step.replace('undo:', '')) ? 'done' : 'pending'}) as const,
    perform: async (_args: object, {step}: {step: string}) => void there.add(step),
    undo: async (_args: object, {step}: {step: string}) => {
      order.push(step);
      there.delete(step.replace('undo:', ''));
    },
  };
  const kinds = [stage.kind, kind];
  const steps = [
    {id: 'a', kind: 'put'},
    {id: 'b', kind: 'put', needs: ['a']},
    {id: 'c', needs: ['b']},
    {id: 'd', needs: ['c']},
  ];
  const inputs = steps.map(step => Object.assign({title: step.id, kind: 'do'}, step));
  const plan = makePlan({intent: {command: 'put'}, mode: 'planned', estate: '', inventory: '', steps: inputs}, {kinds});
  const outcome = await stage.clock.drive(runPlan(plan, stage.options({kinds})));
  t.deepEqual([...there], ['a', 'b']);
  const undo = undoPlan(plan, outcome.steps, {kinds});
  t.deepEqual(undo.stays, ['c']);
  t.is((await stage.clock.drive(runPlan(undo.plan, stage.options({kinds})))).status, 'done');
  t.deepEqual(order, ['undo:b', 'undo:a']);
  t.deepEqual([...there], []);
});
