import {appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import test from 'ava';

import {checkJournal, mendRunFolder, showRun} from '../src/index.ts';
import {Stage} from './fixtures/stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'dr-test-'));
test.after.always(() => rmSync(folder, {recursive: true}));

for (const [lost, damage] of [
  ['its last line', undefined],
  ['half of its last line', 'torn'],
] as const) {
  test(`an ended run whose folder lost ${lost} gets it back, and nothing else`, async t => {
    const stage = new Stage();
    const {run, folder: path = ''} = await stage.run([{id: 'a'}], {runsFolder: join(folder, String(damage))});
    const events = join(path, 'events.ndjson');
    const whole = readFileSync(events, 'utf8');
    const last = whole.trimEnd().length - whole.trimEnd().lastIndexOf('\n');
    truncateSync(events, whole.length - (damage ? 10 : last));
    t.is(await mendRunFolder(stage.store, run), damage);
    t.is(readFileSync(events, 'utf8'), whole);
    t.true(checkJournal(path).ok);
    t.is((await showRun(stage.store, run)).state, 'done');
  });
}

test('the folder of a run that somebody runs is left alone', async t => {
  const stage = new Stage();
  const {run, folder: path = ''} = await stage.run([{id: 'a'}], {runsFolder: join(folder, 'alive')});
  const events = join(path, 'events.ndjson');
  truncateSync(events, 10);
  const alive = {take: () => Promise.resolve(undefined), poke: () => Promise.resolve(true)};
  t.is(await mendRunFolder(stage.store, run, {locks: alive}), undefined);
  t.is(readFileSync(events, 'utf8').length, 10);
});

test('a journal that was torn in the middle of a letter was not tampered with', async t => {
  const stage = new Stage({looks: {a: async () => ({state: 'unknown', why: 'zwei Ströme'})}});
  const {run, folder: path = ''} = await stage.run([{id: 'a'}], {runsFolder: join(folder, 'letter')});
  const events = join(path, 'events.ndjson');
  const whole = readFileSync(events);
  truncateSync(events, whole.indexOf('ö') + 1);
  t.is(await mendRunFolder(stage.store, run, stage), 'torn');
  t.deepEqual(readFileSync(events), whole);
});

test('a journal that ends in nothing but zeros, as after a power cut, was not tampered with', async t => {
  const stage = new Stage();
  const {run, folder: path = ''} = await stage.run([{id: 'a'}], {runsFolder: join(folder, 'zeros')});
  const events = join(path, 'events.ndjson');
  const whole = readFileSync(events);
  truncateSync(events, whole.length - 10);
  appendFileSync(events, Buffer.alloc(10));
  t.is(await mendRunFolder(stage.store, run, stage), 'torn');
  t.deepEqual(readFileSync(events), whole);
});
