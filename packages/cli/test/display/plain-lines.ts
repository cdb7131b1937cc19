import test from 'ava';

import {plainLines} from '../../src/display/plain-lines.ts';
import {RunView} from '../../src/run-view.ts';
import {done, failed, journal, movingPlan, started} from '../fixtures/plans.ts';

function display() {
  const lines: string[] = [];
  const view = new RunView(movingPlan('db', 'web'));
  const shown = plainLines(
    view,
    {note: text => lines.push(text)},
    {now: () => new Date(Date.UTC(2026, 10, 22, 12, 34, 56))},
  );
  const take = (event: Parameters<typeof shown.event>[0]) => shown.event(event, view.apply(event));
  return {lines, take};
}

test('each act is a line with its time, and a finished row tells what it took', t => {
  const {lines, take} = display();
  const entries = [
    started('db/prepare'),
    done('db/prepare'),
    started('db/move'),
    done('db/move', {downtimeMs: 212.4, copiedBytes: 3 * 1024 ** 3, seconds: 6.1}),
  ];
  for (const event of journal(...entries, started('db/verify'), done('db/verify'))) take(event);
  t.deepEqual(lines, [
    '12:00:00 db: prepare on newhost',
    '12:00:02 db: move to newhost',
    '12:00:04 db: verify on newhost',
    '12:00:05 db: done, 6.1 s, 3.0 GiB, downtime 212 ms',
  ]);
});

test('progress is told once for each quarter', t => {
  const {lines, take} = display();
  for (const event of journal(started('db/move'))) take(event);
  for (const fraction of [0.1, 0.26, 0.3, 0.49, 0.51, 0.52, 1])
    take({type: 'progress', step: 'db/move', progress: {fraction}});
  t.deepEqual(lines.slice(1), ['12:34:56 db: 26 %', '12:34:56 db: 51 %']);
});

test('of a later attempt progress is told anew', t => {
  const {lines, take} = display();
  for (const attempt of [1, 2]) {
    for (const event of journal(started('db/move', attempt))) take(event);
    take({type: 'progress', step: 'db/move', progress: {fraction: 0.8}});
  }
  t.is(lines.filter(line => line.endsWith('db: 80 %')).length, 2);
});

test('a failure is told with what to do, and what it means for the run', t => {
  const {lines, take} = display();
  const halted = {type: 'run-halted', step: 'db/move'} as const;
  for (const event of journal(failed('db/move', 'no room'), halted, {
    type: 'step-skipped',
    step: 'db/verify',
    because: 'db/move',
  }))
    take(event);
  t.deepEqual(lines, [
    '12:00:00 db: failed: no room; Look at it',
    '12:00:01 run: db/move failed: what runs is let end, nothing more starts',
    '12:00:02 db: left out: db/verify, because of db/move',
  ]);
});

test('a later attempt and the wait before it are told', t => {
  const {lines, take} = display();
  const retrying = {type: 'step-retrying', step: 'db/move', error: {message: 'cut'}, delayMs: 2000} as const;
  for (const event of journal(retrying, started('db/move', 2))) take(event);
  t.deepEqual(lines, [
    '12:00:00 db: failed, and is tried again in 2 s: cut',
    '12:00:01 db: move to newhost (attempt 2)',
  ]);
});
