import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';

import test, {type ExecutionContext} from 'ava';
import {defineStep, makePlan, openStore, runPlan, showRun} from '@dr-toolkit/engine';

import {drAfter, question} from './fixtures/dr-after.ts';
import {type Dr, type DrResult, drIn} from './fixtures/run-dr.ts';

const move = {id: 'move', kind: 'move-live', title: 'Move', onFailure: 'skip-dependents' as const};
const after = {id: 'verify', kind: 'confirm', title: 'Verify', args: {text: 'All well?'}, needs: ['move']};

/** Runs a command with --dry-run, and sees that the store is as it was. */
async function looked(t: ExecutionContext, dr: Dr, ...args: readonly string[]): Promise<DrResult> {
  const before = await storeDigest(dr);
  const result = await dr.run(...args, '--dry-run');
  t.is(await storeDigest(dr), before, 'nothing was written');
  return result;
}

async function storeDigest({folder}: Dr): Promise<string> {
  const files = ['runs.sqlite', 'runs.sqlite-wal'].map(name => readFile(join(folder, 'state', name)).catch(() => ''));
  const digest = createHash('sha256');
  for (const content of await Promise.all(files)) digest.update(content);
  return digest.digest('hex');
}

test('answer: the question and the answer as it would be taken; one that is none is refused', async t => {
  const dr = await drAfter(t, [question]);
  const {exitCode, stdout, stderr} = await looked(t, dr, 'answer', 'last', 'sure', 'y');
  t.is(exitCode, 0, stderr);
  t.is(stdout, 'Would answer y to sure of the-run: Is the old one off?');
  t.is((await looked(t, dr, 'answer', 'last', 'sure', 'perhaps')).exitCode, 2);
  t.is((await looked(t, dr, 'answer', 'last', 'sur', 'yes')).exitCode, 2);
  const event = await looked(t, dr, 'answer', 'last', 'sure', 'y', '--json');
  t.deepEqual(JSON.parse(event.stdout), {
    type: 'outlook',
    command: 'answer',
    run: 'the-run',
    step: 'sure',
    value: true,
  });
  t.is((await dr.run('resume', 'last', '--yes')).exitCode, 1, 'it still waits');
});

test('retry: what would be tried again, with what was left out for it', async t => {
  const dr = await drAfter(t, [move, after]);
  const {exitCode, stdout, stderr} = await looked(t, dr, 'retry', 'last', 'move');
  t.is(exitCode, 0, stderr);
  t.is(stdout, 'Would try move of the-run again, and what was left out for it: verify');
  const other = await drAfter(t, [question]);
  t.is((await looked(t, other, 'retry', 'last', 'sure')).exitCode, 3, 'as without it');
});

test('lanes: the places as they would be, and nothing is changed', async t => {
  const dr = await drAfter(t, [question]);
  const {exitCode, stdout, stderr} = await looked(t, dr, 'lanes', 'last', 'host:birch/disk=1');
  t.is(exitCode, 0, stderr);
  t.regex(stdout, /^Would change places until the-run ends/u);
  const all = await looked(t, dr, 'lanes', 'host:birch/disk=1');
  t.is(all.exitCode, 0, all.stderr);
  t.regex(all.stdout, /^Would change places until they are changed again, .*the disk of birch: 1/u);
  t.regex(all.stdout, /^host:birch\/disk +1 +dr lanes$/mu);
  t.regex((await dr.run('lanes')).stdout, /^host:birch\/disk +2 +dr\.yaml$/mu);
  t.is((await dr.run('lanes', 'host:birch/disk=1', '--yes')).exitCode, 0);
  t.true(all.stdout.endsWith((await dr.run('lanes')).stdout), 'as it was told');
});

test('lanes make no store where nothing has run', async t => {
  const dr = await drIn(t);
  await dr.write('dr.yaml', 'estate: x\nhosts: {birch: {uri: "qemu:///x"}}\n');
  t.is((await dr.run('lanes', 'host:birch/disk=1', '--dry-run')).exitCode, 0);
  t.is((await dr.run('lanes')).exitCode, 0);
  await t.throwsAsync(readFile(join(dr.folder, 'state/runs.sqlite')), {code: 'ENOENT'});
});

test('abort: a run that nobody drives, and one that crashed', async t => {
  const dr = await drAfter(t, [question]);
  const {exitCode, stdout, stderr} = await looked(t, dr, 'abort', 'last', '--undo');
  t.is(exitCode, 0, stderr);
  t.is(stdout, 'Run the-run is waiting: nobody is at its controls\n\nNothing of it is to be undone');
  const crashed = await drAfter(t, [question], {
    afterwards: store => store.tx(tx => tx.q(`UPDATE run SET state = 'running'`)),
  });
  const told = await looked(t, crashed, 'abort', 'last');
  t.is(told.exitCode, 0, told.stderr);
  t.regex(told.stdout, /^Would abort the-run \(test\)/u);
});

test('abort: of a run that goes on, what would be let end or broken off, and what not begun', async t => {
  const dr = await drAfter(t, [question]);
  const began = Promise.withResolvers<void>();
  const lasting = defineStep('work', {
    inspect: async () => ({state: 'pending'}),
    perform: async (_args, {signal}) => {
      began.resolve();
      await once(signal, 'abort');
      throw signal.reason;
    },
  });
  const kinds = [lasting];
  const steps = [
    {id: 'copy', kind: 'work', title: 'Copy'},
    {id: 'check', kind: 'work', title: 'Check', needs: ['copy']},
  ];
  const plan = makePlan({intent: {command: 'test'}, mode: 'planned', estate: '', inventory: '', steps}, {kinds});
  const store = openStore(join(dr.folder, 'state/runs.sqlite'));
  t.teardown(() => store.close());
  const running = runPlan(plan, {store, kinds, context: {}, run: 'at-work'});
  await began.promise;
  const stop = await dr.run('abort', 'at-work', '--finish', '--dry-run');
  t.is(stop.exitCode, 0, stop.stderr);
  t.is(stop.stdout, 'Would stop at-work (test)\n\nLet end:\n  copy\n\nNot begun any more:\n  check');
  const now = await dr.run('abort', 'at-work', '--dry-run', '--json');
  t.like(JSON.parse(now.stdout), {
    type: 'outlook',
    command: 'abort',
    how: 'abort',
    running: ['copy'],
    notBegun: ['check'],
  });
  const resumed = await dr.run('resume', 'at-work', '--dry-run');
  t.is(resumed.exitCode, 3);
  t.regex(resumed.stderr, /is being run by another process/u);
  t.is((await showRun(store, 'at-work')).state, 'running', 'nobody has told it anything');
  t.is((await dr.run('abort', 'at-work', '--yes')).exitCode, 0);
  t.is((await running).status, 'stopped');
});

test('resume: what would be asked, and with the answer what would begin', async t => {
  const dr = await drAfter(t, [question, {...after, needs: ['sure']}]);
  const {exitCode, stdout, stderr} = await looked(t, dr, 'resume', 'last');
  t.is(exitCode, 0, stderr);
  t.regex(stdout, /^sure +ask +Is the old one off\?$/mu);
  t.regex(stdout, /^verify +wait +after sure$/mu);
  t.regex(stdout, /Nothing begins before a person has answered/u);
  const answered = await looked(t, dr, 'resume', 'last', '--answer', 'sure=yes', '--json');
  t.is(answered.exitCode, 0, answered.stderr);
  const event = JSON.parse(answered.stdout) as {steps: ReadonlyArray<{step: string; next: string; state: string}>};
  t.like(event, {type: 'outlook', command: 'resume', run: 'the-run', state: 'waiting'});
  t.deepEqual(
    event.steps.map(({step, next, state}) => [step, next, state]),
    [
      ['sure', 'stay', 'done'],
      ['verify', 'ask', 'asking'],
    ],
  );
  t.is((await looked(t, dr, 'resume', 'last', '--answer', 'sure=perhaps')).exitCode, 2);
  t.is((await looked(t, dr, 'resume', 'last', '--answer', 'sur=yes')).exitCode, 2);
});

test('resume: a run that was begun with --parallel keeps to it, and dr lanes shows it', async t => {
  const dr = await drAfter(t, [question], {
    async afterwards(store) {
      const kinds = [
        defineStep('move-live', {inspect: async () => ({state: 'pending'}), perform: async () => undefined}),
      ];
      const intent = {command: 'migrate --from alder --to birch --parallel 1', options: {parallel: 1}};
      const steps = ['db', 'web'].map(domain => ({
        id: domain,
        kind: 'move-live',
        title: `Move ${domain}`,
        args: {domain, uuid: domain, from: 'alder', to: 'birch', how: 'live', targetUri: '', disks: []},
        lanes: [{lane: 'host:alder/disk', places: 1}],
      }));
      const plan = makePlan({intent, mode: 'planned', estate: '', inventory: '', steps}, {kinds});
      await runPlan(plan, {store, kinds, context: {}, run: 'other', stop: AbortSignal.abort()});
    },
  });
  const {stdout} = await looked(t, dr, 'resume', 'other');
  t.regex(stdout, /^db +begin/mu);
  t.regex(stdout, /^web +wait +waits for the disk of alder$/mu);
  t.regex((await dr.run('lanes', 'other')).stdout, /^host:alder\/disk +1 +--parallel$/mu);
});

test('resume: of a run that failed it says what to try again', async t => {
  const dr = await drAfter(t, [{...move, onFailure: 'stop'}, after]);
  const {exitCode, stdout, stderr} = await looked(t, dr, 'resume', 'last');
  t.is(exitCode, 0, stderr);
  t.regex(stdout, /^move +failed +no room$/mu);
  t.regex(stdout, /^verify +is not begun$/mu);
  t.regex(stdout, /dr retry the-run move$/u);
});

for (const command of [['resume'], ['abort'], ['answer', 'step', 'yes'], ['retry', 'step'], ['show']]) {
  test(`${command[0]} of a run where nothing has ever run makes no store`, async t => {
    const dr = await drIn(t);
    await dr.write('dr.yaml', 'estate: x\nhosts: {birch: {uri: "qemu:///x"}}\n');
    const [name = '', ...rest] = command;
    const {exitCode, stderr} = await dr.run(name, 'last', ...rest, '--yes');
    t.is(exitCode, 2);
    t.regex(stderr, /Nothing has run yet/u);
    await t.throwsAsync(readFile(join(dr.folder, 'state/runs.sqlite')), {code: 'ENOENT'});
  });
}

test('lab: there is none to take down, cut or switch off', async t => {
  const dr = await drIn(t);
  const own = await drIn(t, {DR_LAB_DIR: join(dr.folder, 'labs')});
  const down = await own.run('lab', 'down', '--dry-run');
  t.is(down.exitCode, 0, down.stderr);
  t.is(down.stdout, 'There is no lab lab');
  for (const words of [['cut', 'newhost'], ['heal'], ['link', 'newhost'], ['power-off', 'newhost']]) {
    t.is((await own.run('lab', ...words, '--dry-run')).exitCode, 2, words[0]);
  }
  t.is((await own.run('lab', 'up', '--hosts', 'a b', '--dry-run')).exitCode, 2);
});
