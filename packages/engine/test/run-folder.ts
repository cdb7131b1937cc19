import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import test from 'ava';

import {abortRun, checkJournal, RunError, showRun} from '../src/index.ts';
import {Stage} from './fixtures/stage.ts';

test('no secret reaches the store, the journal or the logs', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'dr-test-'));
  t.teardown(() => rmSync(folder, {recursive: true}));
  const secret = 'correct horse/battery"staple';
  const later = 'found at run time';
  const stage = new Stage({
    acts: {
      a: async ({log, progress, secret: hide}) => {
        hide(later);
        log(`login with ${secret} and ${later}`);
        log(`curl -u :${encodeURIComponent(secret)}`);
        progress({text: `as ${secret}`});
        return {password: secret, basic: Buffer.from(secret).toString('base64'), [later]: 1};
      },
      b: async () => {
        throw new Error(`refused: ${secret}`, {cause: new Error(`with ${later}`)});
      },
    },
    looks: {c: async () => ({state: 'unknown', why: `saw ${secret}`, evidence: {secret}})},
  });
  const outcome = await stage.run([{id: 'a'}, {id: 'b', onFailure: 'continue'}, {id: 'c'}], {
    secrets: [secret],
    runsFolder: folder,
  });
  const runFolder = outcome.folder ?? '';
  const files = readdirSync(runFolder, {recursive: true, withFileTypes: true}).filter(entry => entry.isFile());
  const written = files.map(file => readFileSync(join(file.parentPath, file.name), 'utf8'));
  const tables = ['run', 'step', 'event', 'command'];
  const rows = await Promise.all(tables.map(table => stage.store.read(`SELECT * FROM ${table}`)));
  const all = [...written, JSON.stringify(rows), JSON.stringify(stage.events)].join('\n');
  t.true(all.includes('[secret]'));
  for (const word of ['correct horse', later, Buffer.from(secret).toString('base64'), encodeURIComponent(secret)]) {
    t.false(all.includes(word), word);
  }
});

test('a plan that holds a secret is not run', async t => {
  const stage = new Stage();
  const running = stage.run([{id: 'a', title: 'Log in with hunter2hunter2'}], {secrets: ['hunter2hunter2']});
  await t.throwsAsync(running, {instanceOf: RunError, code: 'SECRET_IN_PLAN'});
});

test('a run leaves a folder whose journal can be checked by itself', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'dr-test-'));
  t.teardown(() => rmSync(folder, {recursive: true}));
  const stage = new Stage({acts: {a: async ({log}) => log('hello')}});
  const {folder: runFolder = ''} = await stage.run([{id: 'a'}], {runsFolder: folder});
  t.like(checkJournal(runFolder), {ok: true, events: 4});
  t.regex(readFileSync(join(runFolder, 'steps', 'a.log'), 'utf8'), /^2026-\S+Z hello\n$/);
});

test('a run whose folder cannot be written begins nothing more, until it can', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'dr-test-'));
  t.teardown(() => rmSync(folder, {recursive: true}));
  const events = join(folder, 'run', 'events.ndjson');
  const stage = new Stage({
    acts: {
      a: async () => {
        renameSync(events, `${events}.away`);
        mkdirSync(events);
      },
    },
  });
  const outcome = await stage.run([{id: 'a'}, {id: 'b', needs: ['a']}], {
    runsFolder: folder,
    onEvent: event => {
      stage.events.push(event);
      if (event.type !== 'paused') return;
      t.regex(event.why, /run's folder cannot be written/u);
      t.deepEqual(stage.performed, ['a']);
      rmdirSync(events);
      renameSync(`${events}.away`, events);
    },
  });
  t.is(outcome.status, 'done');
  t.true(stage.events.some(({type}) => type === 'unpaused'));
  t.like(checkJournal(join(folder, 'run')), {ok: true, events: 6});
});

test('a run whose folder cannot be made is not begun', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'dr-test-'));
  t.teardown(() => rmSync(folder, {recursive: true}));
  writeFileSync(join(folder, 'runs'), '');
  const stage = new Stage();
  const running = stage.run([{id: 'a'}], {runsFolder: join(folder, 'runs')});
  await t.throwsAsync(running, {instanceOf: RunError, code: 'FOLDER_UNWRITABLE'});
  t.deepEqual(await stage.store.read('SELECT id FROM run'), []);
});

test('a run whose folder cannot be written hears of an abort from elsewhere', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'dr-test-'));
  t.teardown(() => rmSync(folder, {recursive: true}));
  const events = join(folder, 'run', 'events.ndjson');
  const mended = () => {
    rmdirSync(events);
    renameSync(`${events}.away`, events);
  };
  const stage: Stage = new Stage({
    acts: {
      a: async () => {
        renameSync(events, `${events}.away`);
        mkdirSync(events);
        stage.clock.later(60_000, mended);
      },
    },
  });
  const startMs = stage.clock.now();
  const outcome = await stage.run([{id: 'a'}, {id: 'b', needs: ['a']}], {
    runsFolder: folder,
    onEvent: ({type}) => {
      if (type === 'paused') void abortRun(stage.store, 'run', 'abort', stage);
    },
  });
  t.is(outcome.status, 'stopped');
  t.true(stage.clock.now() - startMs < 60_000);
  t.deepEqual(stage.performed, ['a']);
});

test('a run that cannot be taken up as its folder cannot be written stands as it did', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'dr-test-'));
  t.teardown(() => rmSync(folder, {recursive: true}));
  const stage = new Stage();
  await stage.run([{id: 'a', kind: 'confirm', args: {text: 'Sure?'}}], {runsFolder: folder});
  rmSync(join(folder, 'run'), {recursive: true});
  writeFileSync(join(folder, 'run'), '');
  await t.throwsAsync(stage.resume(), {instanceOf: RunError, code: 'FOLDER_UNWRITABLE'});
  t.is((await showRun(stage.store, 'run', stage)).state, 'waiting');
});

test('plan.json is replaced as a whole, never written over', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'dr-test-'));
  t.teardown(() => rmSync(folder, {recursive: true}));
  const stage = new Stage();
  await stage.run([{id: 'a', kind: 'confirm', args: {text: 'Sure?'}}], {runsFolder: folder});
  const [path, kept] = [join(folder, 'run', 'plan.json'), join(folder, 'kept.json')];
  linkSync(path, kept);
  await stage.resume();
  t.not(statSync(path).ino, statSync(kept).ino);
  t.deepEqual(readdirSync(join(folder, 'run')).toSorted(), ['events.ndjson', 'plan.json', 'steps']);
});
