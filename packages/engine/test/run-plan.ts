import {mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import test from 'ava';

import {answerStep, checkJournal, PlanError, RunError, retryStep} from '../src/index.ts';
import {fails, Stage, states, untilAborted} from './fixtures/stage.ts';

test('steps run after what they require', async t => {
  const stage = new Stage();
  const outcome = await stage.run([{id: 'c', needs: ['b']}, {id: 'b', needs: ['a']}, {id: 'a'}]);
  t.is(outcome.status, 'done');
  t.deepEqual(stage.performed, ['a', 'b', 'c']);
});

test('what is done already is not performed', async t => {
  const stage = new Stage({looks: {a: async () => ({state: 'done', result: 'was there'})}});
  const {steps} = await stage.run([{id: 'a'}]);
  t.deepEqual(stage.performed, []);
  t.is(steps.a?.result, 'was there');
});

test('a planned run halts at the first error, and leaves the rest as it was', async t => {
  const stage = new Stage({acts: {a: fails}});
  const outcome = await stage.run([
    {id: 'a'},
    {id: 'b', needs: ['a']},
    {id: 'c', needs: [{step: 'a', need: 'prefer'}]},
  ]);
  t.is(outcome.status, 'failed');
  t.deepEqual(states(outcome), {a: 'failed', b: 'pending', c: 'pending'});
});

test('a disaster run goes on with all that does not depend on what failed', async t => {
  const stage = new Stage({mode: 'disaster', acts: {a: fails}});
  const steps = [{id: 'a'}, {id: 'b', needs: ['a']}, {id: 'c', needs: ['b']}, {id: 'd'}];
  const outcome = await stage.run([...steps, {id: 'e', needs: [{step: 'b', need: 'prefer' as const}]}]);
  t.deepEqual(states(outcome), {a: 'failed', b: 'skipped', c: 'skipped', d: 'done', e: 'done'});
});

test('a failure that is planned to continue does not hold up what requires it', async t => {
  const stage = new Stage({acts: {a: fails}});
  const outcome = await stage.run([
    {id: 'a', onFailure: 'continue'},
    {id: 'b', needs: ['a']},
  ]);
  t.deepEqual(states(outcome), {a: 'failed', b: 'done'});
  t.is(outcome.status, 'failed');
});

test('a failing step is tried again, each time later, with a larger token', async t => {
  const seen: Array<{token: number; atMs: number}> = [];
  const stage = new Stage({
    acts: {
      a: async ({token, attempt}) => {
        seen.push({token, atMs: stage.clock.now()});
        if (attempt < 3) throw new Error('not yet');
      },
    },
  });
  const outcome = await stage.run([{id: 'a', retries: {max: 2, backoffMs: 1000}}]);
  t.is(outcome.status, 'done');
  t.deepEqual(
    seen.map(({atMs}) => atMs - (seen[0]?.atMs ?? 0)),
    [0, 1000, 3000],
  );
  t.deepEqual(
    seen.map(({token}) => token),
    [1, 2, 3],
  );
});

test('an error that nothing can mend is not tried again', async t => {
  const stage = new Stage({acts: {a: fails}});
  const kind = {...stage.kind, retryable: () => false};
  const outcome = await stage.run([{id: 'a', retries: {max: 5, backoffMs: 1}}], {kinds: [kind]});
  t.is(outcome.steps.a?.attempt, 1);
});

test('a step that takes too long is told to end', async t => {
  const stage = new Stage({acts: {a: untilAborted}});
  const {steps} = await stage.run([{id: 'a', timeoutMs: 5000}]);
  t.is(steps.a?.error?.message, 'Not done within 5000 ms');
});

test('a step that does not even end then waits for a person, and keeps its lanes', async t => {
  const stage = new Stage({acts: {a: () => new Promise(() => undefined)}});
  const outcome = await stage.run([{id: 'a', timeoutMs: 5000, args: {lanes: {disk: 1}}}]);
  t.is(outcome.status, 'waiting');
  t.is(outcome.steps.a?.question?.ask, 'settle');
  t.is((await stage.store.read('SELECT * FROM hold')).length, 1);
});

test('an act whose word was lost counts as done when it is seen to be', async t => {
  let there = false;
  const stage = new Stage({
    looks: {a: async () => ({state: there ? 'done' : 'pending'})},
    acts: {
      a: async () => {
        there = true;
        throw new Error('connection reset');
      },
    },
  });
  const outcome = await stage.run([{id: 'a'}]);
  t.is(outcome.status, 'done');
  t.true(stage.events.some(event => event.type === 'step-done' && event.how === 'found'));
});

test('what goes on without us is watched to its end', async t => {
  const stage = new Stage({
    looks: {a: async () => ({state: stage.clock.now() < startMs + 60_000 ? 'underway' : 'done'})},
  });
  const startMs = stage.clock.now();
  const outcome = await stage.run([{id: 'a'}]);
  t.is(outcome.status, 'done');
  t.deepEqual(stage.performed, []);
});

test('what goes on without us is attached to when its kind can', async t => {
  const stage = new Stage({looks: {a: async () => ({state: 'underway', detail: {job: 7}})}});
  const kind = {
    ...stage.kind,
    attach: async (_args: object, _context: object, found: {detail?: unknown}) => found.detail,
  };
  const {steps} = await stage.run([{id: 'a'}], {kinds: [kind]});
  t.deepEqual(steps.a?.result, {job: 7});
});

test('what cannot be told is asked, and goes on with the answer', async t => {
  let clear = false;
  const stage = new Stage({
    looks: {
      a: async () => (clear ? {state: 'done'} : {state: 'unknown', why: 'both hosts have it', evidence: {hosts: 2}}),
    },
  });
  const first = await stage.run([{id: 'a'}, {id: 'b', needs: ['a']}]);
  t.is(first.status, 'waiting');
  const question = first.steps.a?.question;
  t.like(question, {ask: 'settle'});
  t.deepEqual(question?.ask === 'settle' && question.evidence, {
    state: 'unknown',
    why: 'both hosts have it',
    evidence: {hosts: 2},
  });
  clear = true;
  await answerStep(stage.store, 'run', 'a', 'look', {locks: stage.locks});
  const second = await stage.resume();
  t.deepEqual(states(second), {a: 'done', b: 'done'});
  t.deepEqual(stage.performed, ['b']);
});

test('lanes keep apart what wants the same places', async t => {
  let running = 0;
  let most = 0;
  const act = async () => {
    most = Math.max(most, ++running);
    await stage.clock.sleep(1000);
    running--;
  };
  const stage = new Stage({acts: {a: act, b: act, c: act}});
  const steps = ['a', 'b', 'c'].map(id => ({id, args: {lanes: {disk: 1}}}));
  await stage.run(steps, {lanes: {disk: 2}});
  t.is(most, 2);
});

test('no more steps run at once than was asked for', async t => {
  let running = 0;
  let most = 0;
  const act = async () => {
    most = Math.max(most, ++running);
    await stage.clock.sleep(1000);
    running--;
  };
  const stage = new Stage({acts: {a: act, b: act, c: act}});
  await stage.run([{id: 'a'}, {id: 'b'}, {id: 'c'}], {parallel: 1});
  t.is(most, 1);
});

test('the first stop lets running steps end and starts none, and the run can be resumed', async t => {
  const stop = new AbortController();
  const stage = new Stage({
    acts: {
      a: async () => {
        stop.abort();
        await stage.clock.sleep(1000);
      },
    },
  });
  const outcome = await stage.run([{id: 'a'}, {id: 'b', needs: ['a']}], {stop: stop.signal});
  t.is(outcome.status, 'stopped');
  t.deepEqual(states(outcome), {a: 'done', b: 'pending'});
  t.is((await stage.resume()).status, 'done');
});

test('an abort ends running steps, which are quiet then and taken up again by a resume', async t => {
  const abort = new AbortController();
  const stage = new Stage({
    acts: {
      a: async context => {
        if (context.attempt > 1) return;
        abort.abort();
        await untilAborted(context);
      },
    },
  });
  const outcome = await stage.run([{id: 'a'}], {signal: abort.signal});
  t.deepEqual([outcome.status, outcome.steps.a?.state], ['stopped', 'cancelled']);
  t.deepEqual(await stage.store.read('SELECT * FROM hold'), []);
  t.is((await stage.resume()).status, 'done');
});

test('a prompt waits for its answer, and its answer is its result', async t => {
  const stage = new Stage();
  const first = await stage.run([
    {id: 'name', kind: 'type-name', args: {text: 'Which host is dead?', name: 'sunjammer'}},
    {id: 'a', needs: ['name']},
  ]);
  t.is(first.status, 'waiting');
  const ways = {locks: stage.locks};
  await t.throwsAsync(answerStep(stage.store, 'run', 'name', 'sunjamer', ways), {
    instanceOf: RunError,
    code: 'BAD_ANSWER',
  });
  await answerStep(stage.store, 'run', 'name', 'sunjammer', ways);
  const second = await stage.resume();
  t.deepEqual(second.steps.name?.result, {answer: 'sunjammer'});
  t.deepEqual(stage.performed, ['a']);
});

test('a question can be answered while the run goes on waiting', async t => {
  const stage = new Stage();
  const running = stage.run([{id: 'sure', kind: 'confirm', args: {text: 'Sure?'}}], {
    whenWaiting: 'wait',
    onEvent: event => {
      if (event.type === 'step-asks') void answerStep(stage.store, 'run', 'sure', true, {locks: stage.locks});
    },
  });
  t.is((await running).status, 'done');
});

test('a no fails the step', async t => {
  const stage = new Stage();
  await stage.run([
    {id: 'sure', kind: 'confirm', args: {text: 'Sure?'}},
    {id: 'a', needs: ['sure']},
  ]);
  await answerStep(stage.store, 'run', 'sure', 'no', {locks: stage.locks});
  t.deepEqual(states(await stage.resume()), {sure: 'failed', a: 'pending'});
});

test('a failure that is planned to ask does as the answer says', async t => {
  const stage = new Stage({acts: {a: fails}});
  await stage.run([
    {id: 'a', onFailure: 'ask'},
    {id: 'b', needs: ['a']},
  ]);
  await answerStep(stage.store, 'run', 'a', 'continue', {locks: stage.locks});
  t.deepEqual(states(await stage.resume()), {a: 'failed', b: 'done'});
});

test('a failed step can be retried, and what was skipped for it', async t => {
  let mended = false;
  const stage = new Stage({
    mode: 'disaster',
    acts: {
      a: async () => {
        if (!mended) throw new Error('not yet');
      },
    },
  });
  t.deepEqual(states(await stage.run([{id: 'a'}, {id: 'b', needs: ['a']}])), {a: 'failed', b: 'skipped'});
  mended = true;
  await retryStep(stage.store, 'run', 'a', {locks: stage.locks});
  t.deepEqual(states(await stage.resume()), {a: 'done', b: 'done'});
});

test('a later step can see the result of an earlier one', async t => {
  const stage = new Stage({acts: {a: async () => ({port: 49_152}), b: async ({resultOf}) => resultOf('a')}});
  const {steps} = await stage.run([{id: 'a'}, {id: 'b', needs: ['a']}]);
  t.deepEqual(steps.b?.result, {port: 49_152});
});

test('a plan with a kind that is not known here is not begun', async t => {
  const stage = new Stage();
  await t.throwsAsync(stage.run([{id: 'a'}], {kinds: []}), {instanceOf: PlanError, code: 'UNKNOWN_KIND'});
});

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

test('a watcher that throws does not bring the run down', async t => {
  const stage = new Stage();
  const warned = new Promise(resolve => process.once('warning', resolve));
  const outcome = await stage.run([{id: 'a'}], {
    onEvent: () => {
      throw new Error('the display broke');
    },
  });
  t.is(outcome.status, 'done');
  t.like(await warned, {message: 'the display broke'});
});

test('a step that no longer burdens its lanes lets the next one in before it has ended', async t => {
  const nextRan = Promise.withResolvers<void>();
  const stage = new Stage({
    acts: {
      a: async ({easeLanes}) => {
        easeLanes();
        easeLanes();
        await nextRan.promise;
        easeLanes();
      },
      b: async () => nextRan.resolve(),
    },
  });
  const steps = ['a', 'b'].map(id => ({id, args: {lanes: {disk: 1}}}));
  const outcome = await stage.run(steps, {lanes: {disk: 1}});
  t.deepEqual(states(outcome), {a: 'done', b: 'done'});
  const eased = stage.events.filter(({type}) => type === 'lanes-eased');
  t.like(eased, {length: 1, 0: {step: 'a', lanes: [{lane: 'disk', places: 1}]}});
});
