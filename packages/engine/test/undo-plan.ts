import test from 'ava';

import {type Found, makePlan, runPlan, undoPlan} from '../src/index.ts';
import {undoing} from '../src/undoing.ts';
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
  const steps = [{id: 'a', kind: 'put'}, {id: 'b', kind: 'put', needs: ['a']}, {id: 'c'}, {id: 'd', needs: ['b', 'c']}];
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

test('what a step that stays was built on stays too, and the undo names the run it undoes', t => {
  const stage = new Stage({});
  const put = {...stage.kind, kind: 'put', undo: async () => undefined};
  const kinds = [stage.kind, put];
  const steps = [
    {id: 'made', kind: 'put', title: 'made'},
    {id: 'moved', kind: 'do', title: 'moved', needs: ['made']},
    {id: 'alone', kind: 'put', title: 'alone'},
  ];
  const plan = makePlan({intent: {command: 'put'}, mode: 'planned', estate: '', inventory: '', steps}, {kinds});
  const done = {state: 'done'} as const;
  const undo = undoPlan(plan, {made: done, moved: done, alone: done}, {kinds, run: 'run-1'});
  t.deepEqual(
    undo.plan.steps.map(({id}) => id),
    ['undo:alone'],
  );
  t.deepEqual(undo.stays, ['made', 'moved']);
  t.deepEqual(undo.plan.intent, {command: 'undo of put', options: {undoes: 'run-1'}});
});

test('an undo looks in its own way where it has one', async t => {
  const stage = new Stage({});
  const undone: string[] = [];
  const put = {
    ...stage.kind,
    kind: 'put',
    inspectUndo: async () => ({state: undone.length > 0 ? 'done' : 'pending'}) as const,
    undo: async (_args: object, {step}: {step: string}) => void undone.push(step),
  };
  const steps = [{id: 'a', kind: 'put', title: 'a'}];
  const plan = makePlan({intent: {command: 'put'}, mode: 'planned', estate: '', inventory: '', steps}, {kinds: [put]});
  const undo = undoPlan(plan, {a: {state: 'done'}}, {kinds: [put]});
  await stage.clock.drive(runPlan(undo.plan, stage.options({kinds: [put]})));
  t.deepEqual(undone, ['undo:a']);
});

test('what a step that stays was built on stays however far down, and a question is no such step', t => {
  const stage = new Stage({});
  const put = {...stage.kind, kind: 'put', undo: async () => undefined};
  const kinds = [stage.kind, put];
  const steps = [
    {id: 'deep', kind: 'put', title: 'deep'},
    {id: 'made', kind: 'put', title: 'made', needs: ['deep']},
    {id: 'moved', kind: 'do', title: 'moved', needs: ['made']},
    {id: 'other', kind: 'put', title: 'other'},
    {id: 'sure', kind: 'confirm', title: 'sure', args: {text: 'Sure?'}, needs: ['other']},
  ];
  const plan = makePlan({intent: {command: 'put'}, mode: 'planned', estate: '', inventory: '', steps}, {kinds});
  const records = Object.fromEntries(steps.map(({id}) => [id, {state: 'done'} as const]));
  const undo = undoPlan(plan, records, {kinds});
  t.deepEqual(
    undo.plan.steps.map(({id}) => id),
    ['undo:other'],
  );
  t.deepEqual(undo.stays, ['deep', 'made', 'moved']);
});

test('an undo sees what its step does the other way round, and acts on nothing that cannot be told', async t => {
  const stage = new Stage({});
  const states = ['done', 'pending', 'underway', 'unknown'].map(async state => {
    const found = {state, why: 'who knows'} as Found;
    const kind = undoing({...stage.kind, inspect: async () => found, undo: async () => undefined});
    return (await kind?.inspect({}, {} as never))?.state;
  });
  t.deepEqual(await Promise.all(states), ['pending', 'done', 'underway', 'unknown']);
});

test('an undo holds the lanes of its step, and gives up where that would', t => {
  const {kind} = new Stage({});
  const put = {...kind, undo: async () => undefined};
  t.deepEqual(undoing(put)?.lanes?.({lanes: {disk: 2}}), [{lane: 'disk', places: 2}]);
  t.true(undoing(put)?.retryable?.(new Error('no')));
  t.false(undoing({...put, retryable: () => false})?.retryable?.(new Error('no')));
});
