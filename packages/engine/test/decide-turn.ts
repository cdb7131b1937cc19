import test from 'ava';

import {Board, type StepRecord} from '../src/board.ts';
import {decideTurn, type TurnBefore, type TurnNews} from '../src/decide-turn.ts';
import type {LaneLimit} from '../src/lane-limits.ts';
import type {LaneView} from '../src/line-up.ts';
import {newDraft} from '../src/moves.ts';
import {OwnLine} from '../src/own-line.ts';
import type {Question} from '../src/question.ts';
import {freeLanes} from './fixtures/lane-view.ts';
import {Stage} from './fixtures/stage.ts';

const record = (state: StepRecord['state'], more: Partial<StepRecord> = {}): StepRecord => ({
  state,
  attempt: 1,
  token: 7,
  notBeforeMs: 0,
  ...more,
});
const settle: Question = {ask: 'settle', text: 'What is true?', choices: ['done']};
const lanes: LaneView = {...freeLanes, limitOf: () => 1};

interface Given {
  readonly steps?: Parameters<Stage['plan']>[0];
  readonly records?: Readonly<Record<string, StepRecord>>;
  readonly lanes?: Partial<LaneView>;
  readonly news?: Partial<TurnNews>;
  readonly before?: Partial<TurnBefore>;
  readonly parallel?: number;
}

function turn({steps = [{id: 'a'}], records = {}, lanes: view = {}, news = {}, before = {}, parallel = 8}: Given) {
  const board = new Board(new Stage().plan(steps), new Map(Object.entries(records)));
  const draft = newDraft();
  const parts = {board, kinds: new Map(), priority: 'default', parallel, holds: new Map()} as const;
  const line = new OwnLine({run: 'run', ...parts});
  const decided = decideTurn(
    {board, draft, nowMs: 1000},
    {commands: [], ends: [], eased: [], lanes: {...lanes, ...view}, stopWanted: 'no', ...news},
    {
      run: 'run',
      line,
      stopping: 'no',
      limits: new Map(),
      placesOf: () => 4,
      lost: new Set(),
      isAlive: () => true,
      whenWaiting: 'return',
      ...before,
    },
  );
  return {...decided, board, draft, types: draft.entries.map(({type}) => type)};
}

const done = {status: 'done', how: 'performed', result: undefined} as const;

test('a late word of an attempt that is no longer the one is not heard', t => {
  const late = turn({
    records: {a: record('running', {token: 8})},
    news: {ends: [{step: 'a', token: 7, outcome: done}]},
  });
  t.deepEqual([late.board.record('a').state, late.types], ['running', []]);
  const over = turn({
    records: {a: record('asking', {question: settle})},
    news: {ends: [{step: 'a', token: 7, outcome: done}]},
  });
  t.is(over.board.record('a').state, 'asking');
  const now = turn({records: {a: record('running')}, news: {ends: [{step: 'a', token: 7, outcome: done}]}});
  t.deepEqual([now.board.record('a').state, now.status], ['done', 'done']);
});

test('that a run is to stop is told once, and when it is to be aborted then, once more', t => {
  const records = {a: record('running')};
  t.deepEqual(turn({records, news: {stopWanted: 'stop'}}).draft.entries, [{type: 'run-stopping', how: 'stop'}]);
  t.deepEqual(turn({records, news: {stopWanted: 'stop'}, before: {stopping: 'stop'}}).types, []);
  t.deepEqual(turn({records, news: {stopWanted: 'abort'}, before: {stopping: 'stop'}}).draft.entries, [
    {type: 'run-stopping', how: 'abort'},
  ]);
  t.deepEqual(turn({records}).types, []);
});

test('a stop does not take an abort back', t => {
  const {stopping} = turn({
    records: {a: record('running')},
    news: {stopWanted: 'abort', commands: [{command: 'stop'}]},
  });
  t.is(stopping, 'abort');
});

test('nothing begins in a run that stops or has halted', t => {
  t.deepEqual(turn({}).draft.begin, [{step: 'a', mayHaveRun: false, lookFirst: true}]);
  const stopped = turn({news: {stopWanted: 'stop'}});
  t.deepEqual([stopped.draft.begin, stopped.status], [[], 'stopped']);
  const error = {message: 'no', effect: 'stop'} as const;
  const halted = turn({steps: [{id: 'a'}, {id: 'b'}], records: {b: record('failed', {error})}});
  t.deepEqual([halted.draft.begin, halted.status], [[], 'failed']);
});

test('a run that is told to stop when all is done is done', t => {
  t.is(turn({records: {a: record('done')}, news: {stopWanted: 'stop'}}).status, 'done');
});

test('a run goes on while a step runs, even when it is to be aborted', t => {
  t.is(turn({records: {a: record('running')}, news: {stopWanted: 'abort'}}).status, undefined);
});

test('a run that has halted waits for what has happened to be told, and for no other answer', t => {
  const error = {message: 'no', effect: 'stop'} as const;
  const steps = [{id: 'a'}, {id: 'b'}];
  const asked = (question: Question) =>
    turn({steps, records: {a: record('asking', {question}), b: record('failed', {error})}}).status;
  t.is(asked(settle), 'waiting');
  t.is(asked({ask: 'failure', text: 'What now?', choices: ['retry']}), 'waiting');
  t.is(asked({ask: 'confirm', text: 'Sure?'}), 'failed');
});

test('a run that waits for a person stays while others may still give its steps their lanes', t => {
  const given = {
    steps: [{id: 'a', args: {lanes: {disk: 1}}}, {id: 'b'}],
    records: {b: record('asking', {question: settle})},
    lanes: {heldByOthers: new Map([['disk', 1]])},
  };
  t.is(turn({...given, lanes: {...given.lanes, othersAtWork: true}}).status, undefined);
  t.is(turn(given).status, 'waiting');
  t.is(turn({...given, before: {whenWaiting: 'wait'}}).status, undefined);
  const nothingWaits = {...given, records: {...given.records, a: record('done')}};
  t.is(turn({...nothingWaits, lanes: {othersAtWork: true}}).status, 'waiting');
});

test('a step that is to be tried again later keeps its run going', t => {
  const {status, dueMs} = turn({records: {a: record('pending', {notBeforeMs: 5000})}});
  t.deepEqual([status, dueMs], [undefined, 5000]);
});

function isAlive(run: string): boolean {
  return run === 'alive';
}

test('a run that died with places is told once, as long as it holds them', t => {
  const records = {a: record('running')};
  const holders = new Map([
    ['dead', {lanes: ['disk'], state: 'running' as const}],
    ['alive', {lanes: ['link'], state: 'running' as const}],
  ]);
  const first = turn({records, lanes: {holders}, before: {isAlive}});
  t.deepEqual(first.draft.entries, [{type: 'holder-lost', run: 'dead', lanes: ['disk']}]);
  t.deepEqual([...first.lost], ['dead']);
  t.deepEqual(turn({records, lanes: {holders}, before: {isAlive, lost: first.lost}}).types, []);
});

test('with its end, a run takes back what was set for its time, and nothing else', t => {
  const limitsSet = new Map([
    ['disk', {places: 1, run: 'run'}],
    ['link', {places: 2, run: 'other'}],
    ['cpu', {places: 3, run: 'run'}],
  ]);
  const limitsLasting = new Map([['cpu', {places: 7}]]);
  const given = {lanes: {limitsSet, limitsLasting}, before: {limits: limitsSet}};
  t.deepEqual(turn({...given, records: {a: record('done')}}).draft.entries, [
    {type: 'lane-limit', lane: 'disk', places: 4, was: 1},
    {type: 'lane-limit', lane: 'cpu', places: 7, was: 3},
  ]);
  t.deepEqual(turn({...given, records: {a: record('asking', {question: settle})}}).types, []);
});

function limits(limit: Partial<LaneLimit> | undefined): Map<string, LaneLimit> {
  return new Map(limit ? [['disk', {places: 1, ...limit}]] : []);
}

test('a lane that was set otherwise since the last turn is told, whatever of it was', t => {
  const records = {a: record('running')};
  const told = (was: Partial<LaneLimit> | undefined, is: Partial<LaneLimit> | undefined) => {
    return turn({records, lanes: {limitsSet: limits(is)}, before: {limits: limits(was)}}).draft.entries;
  };
  t.deepEqual(told({}, {}), []);
  t.deepEqual(told({}, {places: 2}), [{type: 'lane-limit', lane: 'disk', places: 2, was: 1}]);
  t.deepEqual(told({}, {run: 'r'}), [{type: 'lane-limit', lane: 'disk', places: 1, run: 'r', was: 1}]);
  t.deepEqual(told({bytesPerSecond: 1}, {bytesPerSecond: 2}), [
    {type: 'lane-limit', lane: 'disk', places: 1, bytesPerSecond: 2, was: 1},
  ]);
  t.deepEqual(told({}, undefined), [{type: 'lane-limit', lane: 'disk', places: 4, was: 1}]);
  t.deepEqual(told(undefined, {}), [{type: 'lane-limit', lane: 'disk', places: 1, was: 4}]);
});

test('of several that are to be tried again later, the next is waited for', t => {
  const steps = ['a', 'b', 'c'].map(id => ({id}));
  const records = {
    a: record('pending', {notBeforeMs: 5000}),
    b: record('pending', {notBeforeMs: 3000}),
    c: record('pending', {notBeforeMs: 4000}),
  };
  t.is(turn({steps, records}).dueMs, 3000);
});

test('a run counts what runs already, and with its hands full keeps nobody else waiting', t => {
  const steps = ['a', 'b', 'c', 'd'].map(id => ({id, args: {lanes: {disk: 1}}}));
  const given = {steps, records: {a: record('running')}, lanes: {limitOf: () => 3}};
  const full = turn({...given, parallel: 2});
  t.deepEqual([full.draft.begin.map(({step}) => step), full.waiting], [['b'], []]);
  const free = turn({...given, lanes: {limitOf: () => 2}});
  t.deepEqual([free.draft.begin.map(({step}) => step), free.waiting.map(({id}) => id)], [['b', 'c'], ['d']]);
});
