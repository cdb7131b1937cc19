import {readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';

import test from 'ava';
import {defineStep, makePlan, runPlan, type Store} from '@dr-toolkit/engine';

import {drAfter, question} from './fixtures/dr-after.ts';

test('a question is answered from another terminal, and the run goes on when it is resumed', async t => {
  const dr = await drAfter(t, [question]);
  t.regex((await dr.run('show', 'last')).stdout, /sure +asking +- +Is the old one off\?/u);
  const wrong = await dr.run('answer', 'the', 'sure', 'perhaps');
  t.is(wrong.exitCode, 2);
  t.regex(wrong.stderr, /Answer yes or no/u);
  const nobody = await dr.run('answer', 'the', 'sur', 'yes');
  t.is(nobody.exitCode, 2);
  t.regex(nobody.stderr, /Run the-run has no step sur\n +Did you mean sure\?/u);
  const {exitCode, stderr} = await dr.run('answer', 'the', 'sure', 'yes');
  t.is(exitCode, 0, stderr);
  t.regex(stderr, /To go on: dr resume the-run/u);
  const resumed = await dr.run('resume', 'last', '--yes');
  t.is(resumed.exitCode, 0, resumed.stderr);
  t.regex((await dr.run('show', 'last')).stdout, /^the-run {2}done/u);
});

test('a step that failed can be tried again, one that asks cannot', async t => {
  const dr = await drAfter(t, [{id: 'move', kind: 'move-live', title: 'Move'}]);
  t.is((await dr.run('retry', 'last', 'move')).exitCode, 3, 'nobody said yes');
  const {exitCode, stdout, stderr} = await dr.run('retry', 'last', 'move', '--yes', '--json');
  t.is(exitCode, 0, stderr);
  t.deepEqual(JSON.parse(stdout), {type: 'retried', run: 'the-run', step: 'move'});
  const other = await drAfter(t, [question]);
  t.is((await other.run('retry', 'last', 'sure', '--yes')).exitCode, 3);
});

test('lanes are shown, changed by name, and given back to dr.yaml', async t => {
  const dr = await drAfter(t, [question]);
  t.regex((await dr.run('lanes')).stdout, /^host:birch\/disk +2 +dr\.yaml$/mu);
  t.is((await dr.run('lanes', 'host:birch/disk=1')).exitCode, 3, 'nobody said yes');
  const changed = await dr.run('lanes', 'host:birch/disk=1', '--yes');
  t.is(changed.exitCode, 0, changed.stderr);
  t.regex(changed.stdout, /^host:birch\/disk +1 +dr lanes$/mu);
  t.regex((await dr.run('lanes', 'host:birch/disk=default', '--yes')).stdout, /^host:birch\/disk +2 +dr\.yaml$/mu);
  const unknown = await dr.run('lanes', 'host:brich/disk=1', '--yes');
  t.is(unknown.exitCode, 2);
  t.regex(unknown.stderr, /There is no lane host:brich\/disk\n +Did you mean host:birch\/disk\?/u);
  t.is((await dr.run('lanes', 'host:birch/disk=0', '--yes')).exitCode, 2);
});

test('abort of a run that nobody drives says so, and undoes what can be undone only when asked', async t => {
  const dr = await drAfter(t, [question]);
  const {exitCode, stderr} = await dr.run('abort', 'last', '--undo', '--yes');
  t.is(exitCode, 0, stderr);
  t.regex(stderr, /Run the-run is waiting: nobody is at its controls/u);
  t.regex(stderr, /Nothing of it is to be undone/u);
});

test('a run that was undone is shown as such, and not as one to go on with', async t => {
  const dr = await drAfter(t, [question], {
    async afterwards(store) {
      const intent = {command: 'undo of test', options: {undoes: 'the-run'}};
      const undo = makePlan({intent, mode: 'planned', estate: '', inventory: '', steps: []}, {kinds: []});
      await runPlan(undo, {store, kinds: [], context: {}, run: 'the-undo'});
    },
  });
  const {stdout} = await dr.run('show', 'the-run');
  t.regex(stdout, /It was undone by the-undo\. Start anew: dr test$/u);
  t.notRegex(stdout, /To go on/u);
  t.is((await dr.run('resume', 'the-run', '--yes')).exitCode, 3);
});

test('a run whose undo has not come to its end is not said to be undone', async t => {
  const dr = await drAfter(t, [question], {
    async afterwards(store) {
      const intent = {command: 'undo of test', options: {undoes: 'the-run'}};
      const plan = {intent, mode: 'planned', estate: '', inventory: '', steps: [question]} as const;
      await runPlan(makePlan(plan, {kinds: []}), {store, kinds: [], context: {}, run: 'the-undo'});
    },
  });
  const {stdout} = await dr.run('show', 'the-run');
  t.regex(stdout, /It was to be undone by the-undo, which is waiting\. See how far that has come: dr show the-undo$/u);
  const resumed = await dr.run('resume', 'the-run', '--yes');
  t.is(resumed.exitCode, 3);
  t.regex(resumed.stderr, /Run the-run was to be undone by the-undo, which is waiting\n +See how far/u);
});

test('what a run has prepared is not undone while it cannot be told what became of its move', async t => {
  const dr = await drAfter(t, [question], {
    async afterwards(store) {
      const kinds = [
        defineStep('prepare-disks', {inspect: async () => ({state: 'done'}), perform: async () => undefined}),
        defineStep('move-live', {
          inspect: async () => ({state: 'unknown', why: 'two answers'}),
          perform: async () => undefined,
        }),
      ];
      const args = {domain: 'db', uuid: 'db', from: 'alder', to: 'birch', how: 'live', targetUri: '', disks: []};
      const steps = [
        {id: 'prepare', kind: 'prepare-disks', title: 'Prepare db', args},
        {id: 'move', kind: 'move-live', title: 'Move db', args, needs: ['prepare']},
      ];
      const plan = {intent: {command: 'other'}, mode: 'planned', estate: '', inventory: '', steps} as const;
      await runPlan(makePlan(plan, {kinds}), {store, kinds, context: {}, run: 'other'});
    },
  });
  const looked = await dr.run('abort', 'other', '--undo', '--dry-run');
  t.is(looked.exitCode, 1);
  t.regex(looked.stdout, /What move came to cannot be told: dr show other$/u);
  const {exitCode, stderr} = await dr.run('abort', 'other', '--undo', '--yes');
  t.is(exitCode, 1);
  t.regex(stderr, /What move came to cannot be told: dr show other$/u);
  t.notRegex((await dr.run('runs')).stdout, /undo of other/u);
});

const journalOf = (dr: {readonly folder: string}) => join(dr.folder, 'state/runs/the-run/events.ndjson');

test('a journal that was changed, torn, cut short or taken away is told as such', async t => {
  const dr = await drAfter(t, [{id: 'move', kind: 'move-live', title: 'Move'}]);
  const path = journalOf(dr);
  const whole = await readFile(path, 'utf8');
  const lines = whole.trimEnd().split('\n');
  t.notRegex((await dr.run('show', 'last')).stdout, /events\.ndjson/u);
  for (const [text, fault] of [
    [whole.replace('no room', 'much room'), /was changed at line \d/u],
    [whole.slice(0, -5), new RegExp(`ends in the middle of line ${lines.length};`, 'u')],
    [`${lines.slice(0, -1).join('\n')}\n`, new RegExp(`has ${lines.length - 1} of ${lines.length} events`, 'u')],
  ] as const) {
    await writeFile(path, text);
    t.regex((await dr.run('show', 'last')).stdout, fault);
  }
  const {journalFault} = JSON.parse((await dr.run('show', 'last', '--json')).stdout) as {journalFault?: string};
  t.regex(journalFault ?? '', /has \d+ of \d+ events/u);
  await rm(path);
  t.regex((await dr.run('show', 'last')).stdout, /events\.ndjson is gone/u);
});

test('what failed ends with the command to be typed again, not with a word for whatever was typed', async t => {
  const dr = await drAfter(t, [question]);
  const {exitCode, stderr} = await dr.run('resume', 'last', '--yes', '--answer', 'sure=no');
  t.is(exitCode, 1, stderr);
  t.regex(stderr, /When the cause is gone, again \(what has moved is left alone\): dr test$/u);
});

test('an empty word names no run, though there is but one', async t => {
  const dr = await drAfter(t, [question]);
  for (const command of ['show', 'abort', 'resume']) {
    const {exitCode, stderr} = await dr.run(command, '', '--yes');
    t.is(exitCode, 2, stderr);
    t.regex(stderr, /There is no run ''\n +Known: the-run/u);
  }
});

function typesOf(stdout: string): string[] {
  return stdout.split('\n').map(line => (JSON.parse(line) as {type: string}).type);
}

/** A run whose process has died. */
const crashed = {afterwards: (store: Store) => store.tx(tx => tx.q(`UPDATE run SET state = 'running'`))};

test('abort tells of every run alike what it was told, and of one that it takes over what comes of that', async t => {
  const dead = await drAfter(t, [question], crashed);
  const {stdout, exitCode, stderr} = await dead.run('abort', 'last', '--yes', '--json');
  t.is(exitCode, 0, stderr);
  t.deepEqual(typesOf(stdout), ['abort', 'run-resumed', 'run-stopping', 'run-ended', 'summary']);
  const [first = ''] = stdout.split('\n');
  t.deepEqual(JSON.parse(first), {type: 'abort', run: 'the-run', how: 'abort', state: 'crashed', heard: true});
  const still = await (await drAfter(t, [question])).run('abort', 'last', '--finish', '--json');
  t.deepEqual(JSON.parse(still.stdout), {
    type: 'abort',
    run: 'the-run',
    how: 'stop',
    state: 'waiting',
    heard: false,
  });
});

test('a run that crashed is followed to the last that it told, and no further', async t => {
  const dr = await drAfter(t, [question], crashed);
  const {exitCode, stdout, stderr} = await dr.run('show', 'last', '--follow', '--json');
  t.is(exitCode, 1, stderr);
  t.is(typesOf(stdout).at(-1), 'error');
  t.regex(stderr, /Run the-run crashed: nobody is at its controls\n +.*dr resume the-run/u);
});

test('abort of a run that crashed takes it to its end', async t => {
  const dr = await drAfter(t, [question], crashed);
  t.regex((await dr.run('runs')).stdout, /^the-run +crashed/mu);
  t.is((await dr.run('abort', 'last')).exitCode, 3, 'nobody said yes');
  const {exitCode, stderr} = await dr.run('abort', 'last', '--yes');
  t.is(exitCode, 0, stderr);
  t.regex((await dr.run('runs')).stdout, /^the-run +stopped/mu);
});
