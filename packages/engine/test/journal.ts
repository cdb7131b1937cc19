import {appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import test from 'ava';

import {checkJournal} from '../src/index.ts';
import {Stage} from './fixtures/stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'dr-test-'));
test.after.always(() => rmSync(folder, {recursive: true}));
let count = 0;

/** A run that waits for an answer, with its files. */
async function waitingRun() {
  const stage = new Stage();
  const runsFolder = join(folder, `${++count}`);
  const steps = [{id: 'a'}, {id: 'sure', kind: 'confirm', args: {text: 'Sure?'}, needs: ['a']}];
  const {folder: path = ''} = await stage.run(steps, {runsFolder});
  return {stage, path, events: join(path, 'events.ndjson'), plan: join(path, 'plan.json')};
}

test('a journal that was left alone is whole', async t => {
  const {path} = await waitingRun();
  t.like(checkJournal(path), {ok: true, events: 5});
});

test('a changed line is seen, and which', async t => {
  const {path, events} = await waitingRun();
  writeFileSync(events, readFileSync(events, 'utf8').replace('"token":1', '"token":2'));
  t.like(checkJournal(path), {ok: false, damage: 'tampered', line: 2});
});

test('a line taken out is seen', async t => {
  const {path, events} = await waitingRun();
  const lines = readFileSync(events, 'utf8').split('\n');
  writeFileSync(events, lines.toSpliced(1, 1).join('\n'));
  t.like(checkJournal(path), {ok: false, damage: 'tampered', line: 2});
});

test('a plan changed afterwards is seen', async t => {
  const {path, plan} = await waitingRun();
  writeFileSync(plan, readFileSync(plan, 'utf8').replace('Do a', 'Do b'));
  t.like(checkJournal(path), {ok: false, damage: 'tampered', line: 0});
});

test('a torn tail is seen as such, and a resumed run mends it', async t => {
  const {stage, path, events} = await waitingRun();
  const whole = readFileSync(events, 'utf8');
  truncateSync(events, whole.length - 10);
  t.like(checkJournal(path), {ok: false, damage: 'torn', line: 5});
  await stage.resume();
  t.true(readFileSync(events, 'utf8').startsWith(whole));
  t.true(checkJournal(path).ok);
  t.true(stage.events.some(event => event.type === 'journal-repaired' && event.damage === 'torn'));
});

test('lines that a crash kept from the folder are there after a resume', async t => {
  const {stage, path, events} = await waitingRun();
  const whole = readFileSync(events, 'utf8');
  writeFileSync(events, whole.split('\n').slice(0, 2).join('\n') + '\n');
  await stage.resume();
  t.true(readFileSync(events, 'utf8').startsWith(whole));
  t.true(checkJournal(path).ok);
});

test('a journal that was tampered with is kept aside, and written anew from the store', async t => {
  const {stage, path, events} = await waitingRun();
  const whole = readFileSync(events, 'utf8');
  const forged = whole.replace('"token":1', '"token":2');
  writeFileSync(events, forged);
  await stage.resume();
  t.is(readFileSync(`${events}.damaged-1`, 'utf8'), forged);
  t.true(readFileSync(events, 'utf8').startsWith(whole));
  t.true(checkJournal(path).ok);
  t.true(stage.events.some(event => event.type === 'journal-repaired' && event.damage === 'tampered'));
});

test('what was added to a journal is seen', async t => {
  const {path, events} = await waitingRun();
  appendFileSync(events, '{"seq":6,"type":"step-done","step":"sure"}\n');
  t.like(checkJournal(path), {ok: false, damage: 'tampered', line: 6});
  t.true(existsSync(events));
});

test('a plan that cannot be read is seen', async t => {
  const {path, plan} = await waitingRun();
  writeFileSync(plan, '{');
  t.like(checkJournal(path), {ok: false, damage: 'tampered', line: 0, why: 'plan.json cannot be read'});
});
