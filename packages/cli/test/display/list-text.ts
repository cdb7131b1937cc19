import test from 'ava';

import {listText} from '../../src/display/list-text.ts';
import {RunView} from '../../src/run-view.ts';
import {done, failed, journal, movingPlan, started} from '../fixtures/plans.ts';

const plain = {rowsMax: 30, paint: (_style: unknown, text: string) => text};

test('a list has a line for each row, its name in a column', t => {
  const view = new RunView(movingPlan('db', 'aslo-web1'), {placesDefault: 1});
  for (const event of journal(started('db/prepare'), done('db/prepare'), started('db/move'), done('aslo-web1/prepare')))
    view.apply(event);
  const progress = {fraction: 0.5, bytesDone: 512 * 1024 ** 2, bytesTotal: 1024 ** 3, bytesPerSecond: 64 * 1024 ** 2};
  view.apply({type: 'progress', step: 'db/move', progress});
  t.deepEqual(listText(view, plain).split('\n'), [
    '25 %  0 of 2 done, 1 under way, 1 waiting, 64 MiB/s',
    '› db         move to newhost  50 %  512 MiB of 1.0 GiB  64 MiB/s  8.0 s left',
    '· aslo-web1  waits for the disk of sunjammer (held by db)',
  ]);
});

test('with many rows only those are shown that something happens to', t => {
  const names = Array.from({length: 40}, (_, index) => `vm${index}`);
  const view = new RunView(movingPlan(...names));
  for (const event of journal(started('vm7/prepare'), failed('vm9/prepare', 'no room'))) view.apply(event);
  t.deepEqual(listText(view, plain).split('\n'), [
    '0 %  0 of 40 done, 1 under way, 38 waiting, 1 failed',
    '› vm7  prepare on newhost',
    '✗ vm9  no room',
  ]);
});

test('even of those, no more than the screen holds', t => {
  const names = Array.from({length: 40}, (_, index) => `vm${index}`);
  const view = new RunView(movingPlan(...names));
  for (const event of journal(...names.map(name => started(`${name}/prepare`)))) view.apply(event);
  const lines = listText(view, {...plain, rowsMax: 5}).split('\n');
  t.is(lines.length, 7);
  t.is(lines.at(-1), '  and 35 more');
});
