import test from 'ava';

import {makePlan, parsePlan, PlanError, type PlanErrorCode, type StepInput} from '../src/index.ts';
import {Stage} from './fixtures/stage.ts';

const stage = new Stage();

const refuses = test.macro({
  exec(t, steps: ReadonlyArray<Partial<StepInput> & {id: string}>, code: PlanErrorCode, message: RegExp) {
    const error = t.throws(() => stage.plan(steps), {instanceOf: PlanError, code, message});
    t.regex(error.hint, /\w/);
  },
  title: (situation, _steps, code) => `refuses ${situation} with ${String(code)}`,
});

test(
  'steps that wait for each other',
  refuses,
  [
    {id: 'a', needs: ['c']},
    {id: 'b', needs: ['a']},
    {id: 'c', needs: ['b']},
  ],
  'CYCLE',
  /a -> c -> b -> a/,
);
test('a step that waits for itself', refuses, [{id: 'a', needs: ['a']}], 'CYCLE', /a -> a/);
test('a kind nobody knows', refuses, [{id: 'a', kind: 'dance'}], 'UNKNOWN_KIND', /dance/);
test('a need that is not in the plan', refuses, [{id: 'a', needs: ['b']}], 'UNKNOWN_NEED', /a needs b/);
test('two steps of one name', refuses, [{id: 'a'}, {id: 'a'}], 'DUPLICATE_ID', /called a/);
test('an id that is no file name', refuses, [{id: 'a b'}], 'NOT_A_PLAN', /"a b"/);
test('arguments that are not plain', refuses, [{id: 'a', args: {when: {at: new Date(0)}}}], 'BAD_ARGS', /\/when\/at/);
test(
  'arguments its kind does not take',
  refuses,
  [{id: 'a', kind: 'choose', args: {text: 'Which?', choices: []}}],
  'BAD_ARGS',
  /choices/,
);
test('half a place on a lane', refuses, [{id: 'a', lanes: [{lane: 'disk', places: 0.5}]}], 'BAD_LANES', /disk/);
test(
  'one lane twice',
  refuses,
  [
    {
      id: 'a',
      lanes: [
        {lane: 'disk', places: 1},
        {lane: 'disk', places: 1},
      ],
    },
  ],
  'BAD_LANES',
  /disk/,
);

test('a plan is frozen all the way down, and its makings are not', t => {
  const args = {lanes: {disk: 1}};
  const plan = stage.plan([{id: 'a', args}]);
  t.true(Object.isFrozen(plan.steps[0]?.args.lanes));
  t.false(Object.isFrozen(args.lanes));
});

test('the lanes of a step are what its kind says of its arguments', t => {
  t.deepEqual(stage.plan([{id: 'a', args: {lanes: {disk: 2}}}]).steps[0]?.lanes, [{lane: 'disk', places: 2}]);
});

test('what failure means follows from the mode, unless a step says', t => {
  const steps = [{id: 'a'}, {id: 'b', onFailure: 'ask' as const}];
  const meanings = (mode: 'planned' | 'disaster') =>
    new Stage({mode}).plan(steps).steps.map(({onFailure}) => onFailure);
  t.deepEqual(meanings('planned'), ['stop', 'ask']);
  t.deepEqual(meanings('disaster'), ['skip-dependents', 'ask']);
});

test('equal plans have equal digests, whatever the order of their arguments', t => {
  const one = stage.plan([{id: 'a', args: {lanes: {}, more: 1}}]);
  const other = stage.plan([{id: 'a', args: {more: 1, lanes: {}}}]);
  t.is(one.digest, other.digest);
  t.not(one.digest, stage.plan([{id: 'a', args: {more: 2, lanes: {}}}]).digest);
});

test('a plan comes back from its JSON', t => {
  const plan = stage.plan([
    {id: 'a', timeoutMs: 5, group: {wave: 1}},
    {id: 'b', needs: ['a']},
  ]);
  t.deepEqual(parsePlan(JSON.stringify(plan), stage.kinds), plan);
});

test('a plan edited by hand is refused', t => {
  const text = JSON.stringify(stage.plan([{id: 'a'}])).replace('Do a', 'Do b');
  t.throws(() => parsePlan(text, stage.kinds), {instanceOf: PlanError, code: 'DIGEST_MISMATCH'});
});

test('what is no plan is refused', t => {
  t.throws(() => parsePlan('{', stage.kinds), {instanceOf: PlanError, code: 'NOT_A_PLAN'});
  t.throws(() => parsePlan({steps: []}, stage.kinds), {instanceOf: PlanError, code: 'NOT_A_PLAN'});
});

test('a plan for kinds of another program is refused', t => {
  const text = JSON.stringify(stage.plan([{id: 'a'}]));
  t.throws(() => parsePlan(text, {kinds: []}), {instanceOf: PlanError, code: 'UNKNOWN_KIND'});
  t.notThrows(() =>
    makePlan({intent: {command: ''}, mode: 'drill', estate: '', inventory: '', steps: []}, {kinds: []}),
  );
});

test('its premises are frozen with it and under its digest', t => {
  const input = {intent: {command: 'test'}, mode: 'planned' as const, estate: '', inventory: '', steps: []};
  const plan = makePlan({...input, premises: {disk: 'vda'}}, {kinds: []});
  t.deepEqual(parsePlan(JSON.stringify(plan), {kinds: []}), plan);
  t.throws(() => parsePlan({...plan, premises: {disk: 'vdb'}}, {kinds: []}), {code: 'DIGEST_MISMATCH'});
  t.not(plan.digest, makePlan(input, {kinds: []}).digest);
});
