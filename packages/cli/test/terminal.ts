import {execFile} from 'node:child_process';
import {mkdir, mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';

import {defineStep, makePlan, openStore, runPlan, showRun, type StepInput, type StepKind} from '@dr-toolkit/engine';
import test, {type ExecutionContext} from 'ava';
import stringWidth from 'string-width';

import {
  atTerminal,
  type AtTerminal,
  drAtTerminal,
  framesOf,
  type TerminalSize,
  watchedProgram,
} from './fixtures/at-terminal.ts';
import {drIn} from './fixtures/run-dr.ts';

const estate = 'estate: x\nhosts:\n  alder: {uri: "qemu:///x"}\n  birch: {uri: "qemu:///y"}\n';
const colour = new RegExp(`${String.fromCodePoint(27)}\\[(?:[349]\\d|[12])m`, 'u');

/** `dr` at a terminal of its own, in a folder with an estate and, with `steps`, a run that waits; or goes on, once `begun`. */
async function desk(
  t: ExecutionContext,
  steps: readonly StepInput[] = [],
  {kinds = [], begun}: {readonly kinds?: readonly StepKind[]; readonly begun?: Promise<unknown>} = {},
) {
  const {folder, write} = await drIn(t);
  await write('dr.yaml', estate);
  const state = join(folder, 'state');
  await mkdir(state);
  const file = join(state, 'runs.sqlite');
  if (steps.length > 0) {
    const plan = makePlan({intent: {command: 'test'}, mode: 'planned', estate: '', inventory: '', steps}, {kinds});
    const run = (async () => {
      const store = openStore(file);
      await runPlan(plan, {store, kinds, context: {}, run: 'the-run'});
      await store.close();
    })();
    t.teardown(async () => run);
    await (begun ?? run);
  }
  return {
    dr: (args: readonly string[], size: TerminalSize = {}): AtTerminal =>
      drAtTerminal(args, {cwd: folder, ...size, env: {DR_STATE_DIR: state, DR_ESTATE: '', ...size.env}}),
    store: () => openStore(file),
    run: async () => {
      const store = openStore(file, {readOnly: true});
      const run = await showRun(store, 'the-run');
      await store.close();
      return run;
    },
  };
}

test('a yes-or-no question is answered by a word and Enter; Enter alone means no', async t => {
  const {dr} = await desk(t);
  for (const [keys, code] of [
    ['y\r', 0],
    ['n\r', 3],
    ['\r', 3],
  ] as const) {
    const terminal = dr(['lanes', 'host:birch/disk=1']);
    await terminal.until(/Change places .*\[y\/N\] /u);
    terminal.type(keys);
    t.is(await terminal.ended, code, terminal.shown());
    t.is(/Nothing was done/u.test(terminal.shown()), code === 3);
  }
});

test('Ctrl-C at a question does nothing, and says so', async t => {
  const {dr} = await desk(t);
  const terminal = dr(['lanes', 'host:birch/disk=1']);
  await terminal.until(/\[y\/N\] /u);
  terminal.type('\u0003');
  t.is(await terminal.ended, 130, terminal.shown());
  t.regex(terminal.shown(), /interrupted; nothing was changed/u);
});

test('Ctrl-D at a question is no yes', async t => {
  const {dr} = await desk(t);
  const terminal = dr(['lanes', 'host:birch/disk=1']);
  await terminal.until(/\[y\/N\] /u);
  terminal.type('\u0004');
  t.is(await terminal.ended, 3, terminal.shown());
  t.regex(terminal.shown(), /No answer was given, so nothing was done/u);
});

test('a question that was left with Ctrl-Z is asked again after fg, and hears the answer', async t => {
  const {dr} = await desk(t);
  const terminal = dr(['lanes', 'host:birch/disk=1'], {stopped: 'fg'});
  await terminal.until(/\[y\/N\] /u);
  terminal.type('\u001A');
  await terminal.until(/\[y\/N\] /u);
  terminal.type('n\r');
  t.is(await terminal.ended, 3, terminal.shown());
  t.regex(terminal.shown(), /Nothing was done/u);
});

test('a terminal that is lost at a question gives no answer', async t => {
  const {dr} = await desk(t);
  const folder = await mkdtemp(join(tmpdir(), 'dr-lost-'));
  t.teardown(() => rm(folder, {recursive: true, force: true}));
  const codeTo = join(folder, 'code');
  await promisify(execFile)('mkfifo', [codeTo]);
  const terminal = dr(['lanes', 'host:birch/disk=1'], {codeTo});
  await terminal.until(/\[y\/N\] /u);
  terminal.hangUp();
  t.is((await readFile(codeTo, 'utf8')).trim(), '3');
});

for (const [name, key, code] of [
  ['Ctrl-C', '\u0003', 130],
  ['Ctrl-D', '\u0004', 1],
] as const) {
  test(`${name} at a question of a run leaves it waiting, and says what has become of it`, async t => {
    const {dr, run} = await desk(t, [{id: 'sure', kind: 'confirm', title: 'Ask', args: {text: 'Is it off?'}}]);
    const terminal = dr(['resume', 'last', '--yes']);
    await terminal.until(/Is it off\?.*\s+\[yes\/no\] /u);
    terminal.type(key);
    t.is(await terminal.ended, code, terminal.shown());
    t.regex(terminal.shown(), /It waits for an answer\. What can be said, and how: dr show the-run/u);
    t.notRegex(terminal.shown(), /nothing was changed/u);
    t.is((await run()).state, 'waiting');
  });
}

test('a question that was answered elsewhere meanwhile is not asked again and again', async t => {
  const {dr, run} = await desk(t, [{id: 'sure', kind: 'confirm', title: 'Ask', args: {text: 'Is it off?'}}]);
  const terminal = dr(['resume', 'last', '--yes']);
  await terminal.until(/Is it off\?.*\s+\[yes\/no\] /u);
  const other = dr(['resume', 'last', '--yes', '--answer', 'sure=yes']);
  t.is(await other.ended, 0, other.shown());
  terminal.type('yes\r');
  await terminal.until(/Step sure asks nothing: it is done/u);
  t.is(await terminal.ended, 0, terminal.shown());
  t.is((await run()).state, 'done');
});

test('a run that was undone while its question stood open does not go on', async t => {
  const {dr, run, store} = await desk(t, [{id: 'sure', kind: 'confirm', title: 'Ask', args: {text: 'Is it off?'}}]);
  const terminal = dr(['resume', 'last', '--yes']);
  await terminal.until(/Is it off\?.*\s+\[yes\/no\] /u);
  const intent = {command: 'undo of test', options: {undoes: 'the-run'}};
  const undo = makePlan({intent, mode: 'planned', estate: '', inventory: '', steps: []}, {kinds: []});
  const opened = store();
  await runPlan(undo, {store: opened, kinds: [], context: {}, run: 'the-undo'});
  await opened.close();
  terminal.type('yes\r');
  t.is(await terminal.ended, 3, terminal.shown());
  t.regex(terminal.shown(), /Run the-run was undone by the-undo/u);
  t.is((await run()).state, 'waiting');
});

test('what a run asks is asked at the terminal: yes or no, a choice, a name typed in full', async t => {
  const {dr, run} = await desk(t, [
    {id: 'sure', kind: 'confirm', title: 'Ask', args: {text: 'Is the old one off?'}},
    {
      id: 'where',
      kind: 'choose',
      title: 'Choose',
      args: {text: 'Where to?', choices: ['colo', 'mit']},
      needs: ['sure'],
    },
    {
      id: 'dead',
      kind: 'type-name',
      title: 'Name it',
      args: {text: 'Which host is dead?', name: 'alder'},
      needs: ['where'],
    },
  ]);
  const terminal = dr(['resume', 'last']);
  await terminal.until(/Resume the-run .*\[y\/N\] /u);
  terminal.type('y\r');
  await terminal.until(/Is the old one off\?.*\s+\[yes\/no\] /u);
  terminal.type('perhaps\r');
  await terminal.until(/Answer yes or no\s+\[yes\/no\] /u);
  terminal.type('yes\r');
  await terminal.until(/Where to\?.*\s+\[colo\/mit\] /u);
  terminal.type('mars\r');
  await terminal.until(/Answer one of: colo, mit/u);
  terminal.type('mit\r');
  await terminal.until(/Which host is dead\?.*\s+Type alder: /u);
  terminal.type('aldr\r');
  await terminal.until(/Type exactly: alder/u);
  terminal.type('alder\r');
  t.is(await terminal.ended, 0, terminal.shown());
  t.deepEqual(
    (await run()).steps.map(({record}) => record.result),
    [{answer: true}, {answer: 'mit'}, {answer: 'alder'}],
  );
});

const prepares = defineStep('prepare-disks', {
  inspect: async () => ({state: 'pending'}),
  perform: async () => undefined,
});
const prepared: readonly StepInput[] = [
  {id: 'db/prepare', kind: 'prepare-disks', title: 'Prepare db on birch'},
  {id: 'sure', kind: 'confirm', title: 'Ask', args: {text: 'Is it off?'}, needs: ['db/prepare']},
];

for (const [name, key, code] of [
  ['no', 'n\r', 0],
  ['Ctrl-C', '\u0003', 130],
] as const) {
  test(`${name} to an undo that abort offers leaves the abort as it is`, async t => {
    const {dr} = await desk(t, prepared, {kinds: [prepares]});
    const terminal = dr(['abort', 'last']);
    await terminal.until(/Undo 1 finished step of the-run\? \[y\/N\] /u);
    terminal.type(key);
    t.is(await terminal.ended, code, terminal.shown());
    t.regex(terminal.shown(), /Nothing of it was undone\. To undo: dr abort the-run --undo/u);
    t.notRegex(terminal.shown(), /Nothing was done|nothing was changed/u);
  });
}

test('who waits no longer for a run that was told to end hears that it was told', async t => {
  const begun = Promise.withResolvers<void>();
  const enough = Promise.withResolvers<undefined>();
  const work = defineStep('work', {
    inspect: async () => ({state: 'pending'}),
    async perform() {
      begun.resolve();
      return enough.promise;
    },
  });
  const {dr} = await desk(t, [{id: 'work', kind: 'work', title: 'Work'}], {kinds: [work], begun: begun.promise});
  t.teardown(() => enough.resolve(undefined));
  const terminal = dr(['abort', 'last', '--finish', '--yes']);
  await terminal.until(/waits for its end \(Ctrl-C: wait no longer\)/u);
  terminal.type('\u0003');
  t.is(await terminal.ended, 130, terminal.shown());
  t.regex(terminal.shown(), /Waits no longer for the end of the-run, which was told to end/u);
  t.notRegex(terminal.shown(), /nothing was changed/u);
  const following = dr(['show', 'last', '--follow']);
  await following.until(/work: work/u);
  following.type('\u0003');
  t.is(await following.ended, 130, 'it has not seen the end');
});

test('Ctrl-C once stops with care, twice aborts what runs, and each says what the next one does', async t => {
  const terminal = atTerminal([watchedProgram, '3', 'held']);
  await terminal.until(/2 under way/u);
  terminal.type('\u0003');
  await terminal.until(/stopping \(Ctrl-C again aborts\): what runs is let end, nothing more starts/u);
  terminal.type('\u0003');
  await terminal.until(/aborting \(Ctrl-C again leaves\): what runs is being ended/u);
  await terminal.until(/status stopped/u);
  t.is(await terminal.ended, 0);
});

test('40 columns are enough: no line is longer, each name is told apart, and percents are seen', async t => {
  const terminal = atTerminal([watchedProgram, '5', 'held'], {columns: 40, rows: 20});
  await terminal.until(/2 under way/u);
  await terminal.until(/50 %/u);
  for (const keys of ['\u0003', '\u0003']) {
    terminal.type(keys);
    await terminal.until(/Ctrl-C again/u);
  }
  await terminal.ended;
  const frames = framesOf(terminal.shown().split('Stopping: ')[0] ?? '');
  t.true(frames.length > 0);
  for (const line of frames.flat()) t.true(stringWidth(line) <= 40, line);
  const running = frames.find(lines => lines.some(line => line.includes('50 %'))) ?? [];
  t.true(
    running.some(line => /› domain-\S*…\S*name-0 +50 % /u.test(line)),
    running.join('\n'),
  );
});

test('a terminal that does not know its size is told in lines', async t => {
  const terminal = atTerminal([watchedProgram, '1', 'quick'], {columns: 0, rows: 0});
  t.is(await terminal.ended, 0);
  t.regex(terminal.shown(), /name-0: move to newhost/u);
  t.regex(terminal.shown(), /name-0: done/u);
});

test('NO_COLOR takes the colours away, and nothing else', async t => {
  const [coloured, plain] = [{}, {NO_COLOR: '1'}].map(env => atTerminal([watchedProgram, '3', 'quick'], {env}));
  for (const terminal of [coloured, plain]) {
    await terminal?.until(/3 of 3 done/u);
    await terminal?.ended;
  }
  t.regex(coloured?.shown() ?? '', colour);
  t.notRegex(plain?.shown() ?? '', colour);
  t.regex(plain?.shown() ?? '', /✓ domain-with-a-rather-long-name-2/u);
});

test('500 steps are calm: never more lines than the screen has, and those at work are among them', async t => {
  const rows = 20;
  const terminal = atTerminal([watchedProgram, '500', 'quick'], {rows});
  await terminal.until(/500 of 500 done/u);
  t.is(await terminal.ended, 0);
  const frames = framesOf(terminal.shown());
  const most = Math.max(...frames.map(lines => lines.length));
  t.true(most < rows, `${most} lines`);
  t.true(most <= 6, `${most} lines, although two work at once`);
  t.true(frames.some(lines => lines.some(line => line.includes('› domain-with'))));
  t.regex(frames.at(-1)?.[0] ?? '', /100 % {2}500 of 500 done/u);
});
