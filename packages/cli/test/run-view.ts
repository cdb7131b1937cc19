import test from 'ava';
import type {JournalEntry} from '@dr-toolkit/engine';

import {RunView} from '../src/index.ts';
import {done, failed, journal, movingPlan, started} from './fixtures/plans.ts';

function viewAfter(view: RunView, ...entries: readonly JournalEntry[]): RunView {
  for (const event of journal(...entries)) view.apply(event);
  return view;
}

test('the steps of a domain stand on one row', t => {
  const view = new RunView(movingPlan('db', 'web'));
  t.deepEqual(
    view.rows().map(({name, state, act}) => [name, state, act]),
    [
      ['db', 'waiting', 'Prepare db on newhost'],
      ['web', 'waiting', 'Prepare web on newhost'],
    ],
  );
});

test('an event tells which row it changes', t => {
  const view = new RunView(movingPlan('db', 'web'));
  const [first, second] = journal(started('web/prepare'), {type: 'run-stopping', how: 'stop'});
  t.is(first && view.apply(first), 'web');
  t.is(second && view.apply(second), undefined);
});

test('a row is done with its last step, and knows what they told', t => {
  const view = viewAfter(
    new RunView(movingPlan('db')),
    started('db/prepare'),
    done('db/prepare'),
    started('db/move'),
    done('db/move', {downtimeMs: 212, copiedBytes: 1024}),
  );
  t.is(view.row('db').state, 'waiting');
  for (const event of journal(started('db/verify'), done('db/verify', {seen: 'agent'}))) view.apply(event);
  const {state, facts, startedMs} = view.row('db');
  t.is(state, 'done');
  t.deepEqual(facts, {downtimeMs: 212, copiedBytes: 1024, seen: 'agent'});
  t.is(startedMs, Date.UTC(2026, 10, 22, 12, 0, 0));
});

test('the time left follows from bytes and rate', t => {
  const view = viewAfter(new RunView(movingPlan('db')), started('db/prepare'));
  view.apply({type: 'progress', step: 'db/prepare', progress: {bytesDone: 25, bytesTotal: 100, bytesPerSecond: 10}});
  t.is(view.row('db').etaMs, 7500);
  t.is(view.bytesPerSecond(), 10);
});

test('without a rate there is no time left to be told', t => {
  const view = viewAfter(new RunView(movingPlan('db')), started('db/prepare'));
  view.apply({type: 'progress', step: 'db/prepare', progress: {bytesDone: 25, bytesTotal: 100, bytesPerSecond: 0}});
  t.is(view.row('db').etaMs, undefined);
});

test('progress of an earlier act does not stand on the next one', t => {
  const view = viewAfter(new RunView(movingPlan('db')), started('db/prepare'));
  view.apply({type: 'progress', step: 'db/prepare', progress: {fraction: 0.9}});
  viewAfter(view, done('db/prepare'), started('db/move'));
  t.is(view.row('db').progress, undefined);
});

test('a row that waits for a full lane tells who holds it', t => {
  const view = new RunView(movingPlan('db', 'web', 'wiki'), {lanes: {'host:sunjammer/disk': 2}});
  viewAfter(view, ...['db', 'web', 'wiki'].flatMap(name => [started(`${name}/prepare`), done(`${name}/prepare`)]));
  t.is(view.row('wiki').waits, undefined);
  viewAfter(view, started('db/move'), started('web/move'));
  t.is(view.row('wiki').waits, 'for the disk of sunjammer (held by db, web)');
});

test('lanes that a move has given back are not held by it any more', t => {
  const view = new RunView(movingPlan('db', 'web'), {placesDefault: 1});
  viewAfter(view, done('db/prepare'), done('web/prepare'), started('db/move'));
  const lanes = [{lane: 'host:sunjammer/disk', places: 1}];
  viewAfter(view, {type: 'lanes-eased', step: 'db/move', lanes});
  t.is(view.row('web').waits, 'for the disk of newhost (held by db)');
});

test('a lane that is made wider while the run goes on is not waited for', t => {
  const view = new RunView(movingPlan('db', 'web'), {placesDefault: 1});
  viewAfter(view, done('db/prepare'), done('web/prepare'), started('db/move'));
  t.is(view.row('web').waits, 'for the disk of sunjammer (held by db)');
  for (const lane of ['host:sunjammer/disk', 'host:newhost/disk'])
    viewAfter(view, {type: 'lane-limit', lane, places: 2});
  t.is(view.row('web').waits, undefined);
});

test('what lanes were set to is told as it was last, with the reason', t => {
  const lane = 'host:sunjammer/disk';
  const why = 'guests wait 42 ms for their disks, 8.0 ms undisturbed';
  const view = viewAfter(new RunView(movingPlan('db')), {type: 'lane-limit', lane, places: 3, was: 2});
  viewAfter(view, {type: 'lane-limit', lane, places: 1, was: 3, why});
  t.deepEqual(view.limits, [`the disk of sunjammer: 3 -> 1, ${why}`]);
  viewAfter(view, {type: 'lane-limit', lane, places: 1, was: 1, bytesPerSecond: 20_000_000, why});
  t.regex(view.limits[0] ?? '', /^the disk of sunjammer: 1 at once, 19 MiB\/s together, guests/u);
});

test('a failure stands on its row until it is tried again', t => {
  const view = viewAfter(new RunView(movingPlan('db')), started('db/prepare'), failed('db/prepare', 'no room'));
  t.is(view.row('db').state, 'failed');
  t.is(view.row('db').failure?.message, 'no room');
  viewAfter(view, started('db/prepare', 2));
  t.is(view.row('db').state, 'running');
  t.is(view.row('db').failure, undefined);
});

test('a question stands on its row until it is answered', t => {
  const question = {ask: 'settle', text: 'is it there?', choices: ['look', 'done']} as const;
  const view = viewAfter(new RunView(movingPlan('db')), {type: 'step-asks', step: 'db/move', question});
  t.is(view.row('db').state, 'asking');
  t.is(view.row('db').waits, 'is it there?');
  viewAfter(view, {type: 'step-answered', step: 'db/move', answer: 'done'});
  t.is(view.row('db').state, 'waiting');
});

test('what hinders the whole run is told', t => {
  const view = new RunView(movingPlan('db'));
  t.is(view.hindrance, undefined);
  viewAfter(view, {type: 'run-halted', step: 'db/move'});
  t.regex(view.hindrance ?? '', /a step failed/u);
  viewAfter(view, {type: 'run-stopping', how: 'abort'});
  t.regex(view.hindrance ?? '', /aborting/u);
  view.apply({type: 'paused', why: 'the disk is full', hint: 'Make room'});
  t.is(view.hindrance, 'the disk is full');
  view.apply({type: 'unpaused'});
  t.regex(view.hindrance ?? '', /aborting/u);
  viewAfter(view, {type: 'run-ended', status: 'stopped', counts: {}});
  t.is(view.hindrance, undefined, 'nothing is being ended any more');
});

test('a step that is tried again hinders the run no more, unless another one does', t => {
  const view = new RunView(movingPlan('db', 'web'));
  for (const event of journal(
    failed('db/move', 'no room'),
    {type: 'run-halted', step: 'db/move'},
    failed('web/move', 'no room'),
    {type: 'step-reset', step: 'db/move'},
  ))
    view.apply(event);
  t.regex(view.hindrance ?? '', /a step failed/u);
  for (const step of ['web/move', 'db/move']) view.apply({seq: 5, at: '', type: 'step-reset', step});
  t.is(view.hindrance, undefined);
});

test('a resumed run begins where it had come to', t => {
  const soFar = new Map([
    ['db/prepare', {state: 'done'}],
    ['db/move', {state: 'running'}],
    ['web/prepare', {state: 'failed', error: {message: 'no room'}}],
  ]);
  const view = new RunView(movingPlan('db', 'web'), {soFar});
  t.deepEqual(
    view.rows().map(({name, state, act}) => [name, state, act]),
    [
      ['db', 'waiting', 'Move db to newhost'],
      ['web', 'failed', 'Prepare web on newhost'],
    ],
  );
});

test('rows are counted by their state', t => {
  const view = viewAfter(
    new RunView(movingPlan('db', 'web', 'wiki')),
    started('db/prepare'),
    failed('web/prepare', 'x'),
  );
  const {running, failed: failures, waiting} = view.counts();
  t.deepEqual([running, failures, waiting], [1, 1, 1]);
  t.deepEqual(
    view.rows(['failed']).map(({name}) => name),
    ['web'],
  );
});

test('an event of a step that is not in the plan changes nothing', t => {
  const view = new RunView(movingPlan('db'));
  const before = view.rows();
  viewAfter(view, started('elsewhere/move'));
  t.deepEqual(view.rows(), before);
});
