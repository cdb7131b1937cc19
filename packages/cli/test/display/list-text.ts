import test from 'ava';

import {listText} from '../../src/display/list-text.ts';
import {RunView} from '../../src/run-view.ts';
import {done, failed, journal, movingPlan, started, withServices} from '../fixtures/plans.ts';

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

test('a long name is shortened by the columns it takes, and no letter of it is torn or told twice', t => {
  const name = '東京の予備機ウェブ一号機の長い名';
  const combining = `${'e\u0301'.repeat(15)}-${'o\u0308'.repeat(15)}`;
  const shown = listText(new RunView(movingPlan(name, combining)), {...plain, columns: 40}).split('\n');
  t.deepEqual(shown.slice(1), ['· 東京の予…長い名   waits', `· ${'e\u0301'.repeat(8)}…${'o\u0308'.repeat(7)}  waits`]);
});

test('domains of one service stand together, and one that is a service of its own stands for itself', t => {
  const services = {'aslo-db': 'aslo', wiki: 'wiki', 'aslo-web1': 'aslo'};
  const view = new RunView(withServices(movingPlan('aslo-db', 'wiki', 'aslo-web1', 'dns'), services));
  const all = ['prepare', 'move', 'verify'].map(act => `aslo-db/${act}`);
  for (const event of journal(...all.map(id => done(id)), started('wiki/prepare'))) view.apply(event);
  t.deepEqual(listText(view, plain).split('\n'), [
    '25 %  1 of 4 done, 1 under way, 2 waiting',
    'aslo  1 of 2 done',
    '  ✓ aslo-db    done',
    '  · aslo-web1  waits',
    '› wiki         prepare on newhost',
    '· dns          waits',
  ]);
  t.deepEqual(
    listText(view, {...plain, rowsMax: 3})
      .split('\n')
      .slice(1),
    ['› wiki  prepare on newhost'],
  );
  t.is(listText(view, {...plain, rowsMax: 4}).split('\n').length, 6, 'the title takes a line of them');
});

test('waves stand in their order', t => {
  const plan = movingPlan('web', 'db');
  const steps = plan.steps.map(step => ({...step, group: {...step.group, wave: step.id.startsWith('db') ? 1 : 2}}));
  t.deepEqual(
    listText(new RunView({...plan, steps}), plain)
      .split('\n')
      .slice(1),
    ['wave 1  0 of 1 done', '  · db   waits', 'wave 2  0 of 1 done', '  · web  waits'],
  );
});

test('the headline tells how long the rest takes, by what is left to carry', t => {
  const mebibyte = 1024 ** 2;
  const weights = new Map([
    ['db/move', 300 * mebibyte],
    ['web/move', 100 * mebibyte],
  ]);
  const view = new RunView(movingPlan('db', 'web'), {weights});
  for (const event of journal(started('db/move'))) view.apply(event);
  t.is(headline(view), '0 %  0 of 2 done, 1 under way, 1 waiting', 'not known yet');
  const progress = {
    fraction: 0.5,
    bytesDone: 150 * mebibyte,
    bytesTotal: 300 * mebibyte,
    bytesPerSecond: 25 * mebibyte,
  };
  view.apply({type: 'progress', step: 'db/move', progress});
  t.is(headline(view), '37 %  0 of 2 done, 1 under way, 1 waiting, 25 MiB/s, 10 s left');
  for (const event of journal(done('db/move'))) view.apply(event);
  t.is(headline(view), '75 %  0 of 2 done, 2 waiting, 4.0 s left', 'between two moves');
  for (const event of journal(started('web/move'), done('web/move'))) view.apply(event);
  t.is(headline(view), '99 %  0 of 2 done, 2 waiting', 'something is still to be verified');
});

function headline(view: RunView): string {
  return listText(view, plain).split('\n')[0] ?? '';
}
