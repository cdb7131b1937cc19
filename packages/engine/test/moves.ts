import test from 'ava';

import type {AttemptOutcome} from '../src/attempt.ts';
import {Board, type StepRecord} from '../src/board.ts';
import {answerMove, beginMove, easeMove, type Moves, newDraft, outcomeMove, retryMove} from '../src/moves.ts';
import {settlements} from '../src/question.ts';
import {Stage} from './fixtures/stage.ts';

type Given = Parameters<Stage['plan']>[0];

/** The moves of one turn, over a board whose first step runs. */
function turn(steps: Given = [{id: 'a'}], record: Partial<StepRecord> = {}): Moves {
  const running: StepRecord = {state: 'running', attempt: 1, token: 7, notBeforeMs: 0, startedMs: 400, ...record};
  const board = new Board(new Stage().plan(steps), new Map([['a', running]]));
  return {board, draft: newDraft(), nowMs: 1000};
}

const failed: AttemptOutcome = {status: 'failed', error: {message: 'broke'}, retryable: true};
const unknown: AttemptOutcome = {status: 'unknown', why: 'who knows', evidence: {seen: 2}};
const types = ({draft}: Moves) => draft.entries.map(({type}) => type);

test('a step that is done gives its lanes back, and the journal tells how long it took', t => {
  const moves = turn();
  outcomeMove(moves, 'a', {status: 'done', how: 'performed', result: {bytes: 1}});
  t.deepEqual(moves.draft.entries, [{type: 'step-done', step: 'a', how: 'performed', ms: 600, result: {bytes: 1}}]);
  t.deepEqual([...moves.draft.release], ['a']);
  t.like(moves.board.record('a'), {state: 'done', endedMs: 1000, result: {bytes: 1}});
});

test('a step that was cancelled gives its lanes back, and is told', t => {
  const moves = turn();
  outcomeMove(moves, 'a', {status: 'cancelled'});
  t.deepEqual(moves.draft.entries, [{type: 'step-cancelled', step: 'a'}]);
  t.deepEqual([...moves.draft.release], ['a']);
  t.is(moves.board.record('a').state, 'cancelled');
});

test('a step of which nothing can be told keeps its lanes, and is asked about', t => {
  const moves = turn();
  outcomeMove(moves, 'a', unknown);
  t.deepEqual([...moves.draft.release], []);
  t.like(moves.board.record('a'), {state: 'asking', question: {ask: 'settle', evidence: {seen: 2}}});
  t.deepEqual(types(moves), ['step-asks']);
});

test('a step that is tried again waits without its lanes, twice as long each time, and five minutes at most', t => {
  const retries = {max: 20, backoffMs: 1000};
  const delays = [1, 2, 3, 20].map(attempt => {
    const moves = turn([{id: 'a', retries}], {attempt});
    outcomeMove(moves, 'a', failed);
    t.deepEqual([...moves.draft.release], ['a']);
    const [entry] = moves.draft.entries;
    if (entry?.type !== 'step-retrying') return t.fail(entry?.type);
    t.like(moves.board.record('a'), {state: 'pending', notBeforeMs: 1000 + entry.delayMs});
    return entry.delayMs;
  });
  t.deepEqual(delays, [1000, 2000, 4000, 300_000]);
});

test('the last try, and what nothing can mend, is a failure', t => {
  for (const [attempt, retryable] of [
    [3, true],
    [1, false],
  ] as const) {
    const moves = turn([{id: 'a', retries: {max: 2, backoffMs: 1}}], {attempt});
    outcomeMove(moves, 'a', {...failed, retryable});
    t.deepEqual(types(moves), ['step-failed', 'run-halted']);
    t.deepEqual([...moves.draft.release], ['a']);
  }
});

test('a run is halted once, by its first failure', t => {
  const moves = turn([{id: 'a'}, {id: 'b'}]);
  outcomeMove(moves, 'a', failed);
  beginMove(moves, {step: 'b', mayHaveRun: false, lookFirst: true});
  outcomeMove(moves, 'b', failed);
  t.deepEqual(types(moves), ['step-failed', 'run-halted', 'step-failed']);
});

test('what is only skipped for a failure does not halt the run, and the journal names what is skipped', t => {
  const moves = turn([{id: 'a', onFailure: 'skip-dependents'}, {id: 'b', needs: ['a']}, {id: 'c'}]);
  outcomeMove(moves, 'a', failed);
  t.deepEqual(moves.draft.entries, [
    {type: 'step-failed', step: 'a', error: {message: 'broke'}},
    {type: 'step-skipped', step: 'b', because: 'a'},
  ]);
  t.is(moves.board.halted(), undefined);
});

test('what a person says of an unknown is taken at its word', t => {
  const [look, done, again, failure] = settlements.map(answer => {
    const moves = turn();
    outcomeMove(moves, 'a', unknown);
    answerMove(moves, 'a', answer);
    return moves;
  });
  t.like(look?.draft.begin, [{step: 'a', mayHaveRun: true, lookFirst: true}]);
  t.like(again?.draft.begin, [{step: 'a', mayHaveRun: true, lookFirst: false}]);
  t.deepEqual(look && types(look), ['step-asks', 'step-answered']);
  t.like(done?.board.record('a'), {state: 'done', question: undefined});
  t.like(failure?.board.record('a'), {state: 'failed', question: undefined, error: {effect: 'stop'}});
  t.deepEqual([...(failure?.draft.release ?? [])], ['a'], 'its lanes are free then');
  t.deepEqual(failure && types(failure), ['step-asks', 'step-answered', 'step-failed', 'run-halted']);
});

test('a step that was settled as failed is not asked about again, but ends as its plan says', t => {
  for (const [onFailure, effect] of [
    ['ask', 'stop'],
    ['continue', 'continue'],
  ] as const) {
    const moves = turn([{id: 'a', onFailure}]);
    outcomeMove(moves, 'a', unknown);
    answerMove(moves, 'a', 'failed');
    t.like(moves.board.record('a'), {state: 'failed', error: {effect}});
  }
});

test('a failure that a person is asked about ends as they say, with its reason', t => {
  const steps: Given = [{id: 'a', title: 'Move web', onFailure: 'ask'}];
  const asked = turn(steps);
  outcomeMove(asked, 'a', failed);
  t.like(asked.board.record('a'), {state: 'asking', question: {text: 'Move web failed: broke. What now?'}});
  answerMove(asked, 'a', 'continue');
  t.like(asked.board.record('a'), {state: 'failed', error: {message: 'broke', effect: 'continue'}});
  const again = turn(steps, {attempt: 4});
  outcomeMove(again, 'a', failed);
  answerMove(again, 'a', 'retry');
  t.like(again.board.record('a'), {state: 'pending', attempt: 0, token: 7, notBeforeMs: 0, error: undefined});
  t.deepEqual(types(again), ['step-asks', 'step-answered', 'step-reset']);
});

test('the first answer stands', t => {
  const moves = turn();
  outcomeMove(moves, 'a', unknown);
  answerMove(moves, 'a', 'failed');
  answerMove(moves, 'a', 'done');
  t.is(moves.board.record('a').state, 'failed');
  t.is(types(moves).filter(type => type === 'step-answered').length, 1);
});

test('an answer that nobody asked for changes nothing', t => {
  const moves = turn();
  answerMove(moves, 'a', 'done');
  t.deepEqual([moves.board.record('a').state, types(moves)], ['running', []]);
});

test('only what ended badly is tried again', t => {
  for (const state of ['pending', 'running', 'asking', 'done'] as const) {
    const moves = turn([{id: 'a'}], {state});
    retryMove(moves, 'a');
    t.deepEqual([moves.board.record('a').state, types(moves)], [state, []]);
  }
  for (const state of ['failed', 'skipped', 'cancelled'] as const) {
    const moves = turn([{id: 'a'}], {state});
    retryMove(moves, 'a');
    t.like(moves.board.record('a'), {state: 'pending', attempt: 0, token: 7});
    t.deepEqual(types(moves), ['step-reset']);
    t.deepEqual([...moves.draft.release], ['a']);
  }
});

test('only a step that runs, and holds lanes, gives them back early', t => {
  const lanes = [{lane: 'disk', places: 1}];
  const moves = turn();
  easeMove(moves, 'a', lanes);
  t.deepEqual(moves.draft.entries, [{type: 'lanes-eased', step: 'a', lanes}]);
  const none = turn();
  easeMove(none, 'a', undefined);
  const asking = turn([{id: 'a'}], {state: 'asking'});
  easeMove(asking, 'a', lanes);
  t.deepEqual([types(none), types(asking), ...asking.draft.release], [[], []]);
});

test('a step that is begun again has begun when it first did', t => {
  const moves = turn([{id: 'a'}], {state: 'pending'});
  beginMove(moves, {step: 'a', mayHaveRun: false, lookFirst: true});
  t.like(moves.board.record('a'), {state: 'running', attempt: 2, startedMs: 400});
  const fresh = turn([{id: 'a'}, {id: 'b'}]);
  beginMove(fresh, {step: 'b', mayHaveRun: false, lookFirst: true});
  t.like(fresh.board.record('b'), {state: 'running', attempt: 1, startedMs: 1000});
});
