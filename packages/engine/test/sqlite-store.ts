import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {DatabaseSync} from 'node:sqlite';

import test from 'ava';

import {openStore, RunError, showRun} from '../src/index.ts';
import {schemaVersion} from '../src/schema.ts';
import {Stage} from './fixtures/stage.ts';
import {storeContract} from './fixtures/store-contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'dr-test-'));
let count = 0;
function newPath(): string {
  return join(folder, `${++count}`, 'dr.db');
}
test.after.always(() => rmSync(folder, {recursive: true}));

storeContract(test, path => openStore(path), newPath);

test('the store commits to the disk, and lets others read meanwhile', async t => {
  const path = newPath();
  const store = openStore(path);
  t.deepEqual({...(await store.read('PRAGMA synchronous'))[0]}, {synchronous: 2});
  t.deepEqual({...(await store.read('PRAGMA journal_mode'))[0]}, {journal_mode: 'wal'});
  const reader = openStore(path, {readOnly: true});
  await store.tx(async () => {
    t.deepEqual(await reader.read('SELECT id FROM run'), []);
  });
  await Promise.all([store.close(), reader.close()]);
});

test('a store that is not there is not made by looking at it', t => {
  t.throws(() => openStore(newPath(), {readOnly: true}), {instanceOf: Error});
});

test('a file that is no store is refused', t => {
  const path = join(folder, 'not-a-store');
  writeFileSync(path, 'just text, long enough to be read as the header of something else entirely\n'.repeat(20));
  t.throws(() => openStore(path), {instanceOf: RunError, code: 'STORE_UNUSABLE'});
});

test('a damaged store is called so, also by who only looks: not one in which nothing has run', async t => {
  const path = newPath();
  const stage = new Stage({store: openStore(path)});
  await stage.run([{id: 'a'}]);
  await stage.store.close();
  const whole = readFileSync(path);
  writeFileSync(path, whole.fill(0, 4096));
  const error = await t.throwsAsync(async () => showRun(openStore(path, {readOnly: true}), 'run'), {
    code: 'STORE_UNUSABLE',
  });
  t.regex(error.message, /is damaged/u);
  writeFileSync(path, 'no store at all\n'.repeat(200));
  const none = t.throws(() => openStore(path, {readOnly: true}), {instanceOf: RunError, code: 'STORE_UNUSABLE'});
  t.notRegex(none.hint, /Nothing has run/u);
});

test('a store without anything in it is called empty by who only looks', t => {
  const path = newPath();
  mkdirSync(dirname(path), {recursive: true});
  writeFileSync(path, '');
  t.throws(() => openStore(path, {readOnly: true}), {code: 'STORE_UNUSABLE', message: /dr\.db is empty$/u});
});

for (const place of ['/proc/none', join(folder, 'a-file')]) {
  test(`that no folder can be made in ${place === '/proc/none' ? '/proc' : 'a file'} is told at once`, t => {
    writeFileSync(join(folder, 'a-file'), '');
    t.throws(() => openStore(join(place, 'deep/dr.db')), {instanceOf: RunError, code: 'STORE_UNUSABLE'});
  });
}

test('a store of a newer version is refused', async t => {
  const path = newPath();
  await openStore(path).close();
  const db = new DatabaseSync(path);
  db.exec('UPDATE gate SET version = 99');
  db.close();
  t.throws(() => openStore(path), {instanceOf: RunError, code: 'STORE_UNUSABLE'});
});

test('a store of an older dr can be looked at as it is, and is brought up to date by whoever writes', async t => {
  const path = newPath();
  const stage = new Stage({store: openStore(path)});
  await stage.run([{id: 'a'}, {id: 'b', kind: 'confirm', args: {text: 'Sure?'}}]);
  await stage.store.close();
  const db = new DatabaseSync(path);
  db.exec('DROP TABLE lane_reason; DROP TABLE lane_for_run; UPDATE gate SET version = 1');
  db.close();
  const reader = openStore(path, {readOnly: true});
  t.is((await showRun(reader, 'run')).steps.length, 2);
  t.deepEqual(await reader.read('SELECT name FROM lane LEFT JOIN lane_reason USING (name)'), []);
  await reader.close();
  const writer = openStore(path);
  t.deepEqual({...(await writer.read('SELECT version FROM gate'))[0]}, {version: schemaVersion});
  await writer.close();
  const again = openStore(path, {readOnly: true});
  t.deepEqual(await again.read('SELECT * FROM main.lane_for_run'), []);
  await again.close();
});

test('a run pauses while the store is full, and goes on by itself when there is room', async t => {
  const store = openStore(newPath());
  const stage = new Stage({
    store,
    acts: {
      a: async () => {
        // No page more than there are: the next transaction finds the disk full.
        await store.read('PRAGMA max_page_count = 1');
        return 'x'.repeat(100_000);
      },
    },
  });
  const running = stage.run([{id: 'a'}, {id: 'b', needs: ['a']}], {
    onEvent: event => {
      stage.events.push(event);
      if (event.type !== 'paused') return;
      t.deepEqual(stage.performed, ['a']);
      void store.read('PRAGMA max_page_count = 1000000');
    },
  });
  t.is((await running).status, 'done');
  const types = stage.events.map(({type}) => type);
  t.true(types.indexOf('paused') < types.indexOf('unpaused'));
  await store.close();
});
