import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';

import test, {type ExecutionContext} from 'ava';

import {listRuns, openStore, showRun} from '../src/index.ts';

const program = new URL('fixtures/lane-process.ts', import.meta.url).pathname;

interface Started {
  readonly child: ChildProcess;
  /** Resolves when so many events of a type were told. */
  told(type: string, count?: number): Promise<void>;
  /** What it told, when it has ended. */
  readonly ended: Promise<readonly string[]>;
}

function start(folder: string, ...args: readonly string[]): Started {
  const child = spawn(process.execPath, [program, folder, ...args], {stdio: ['ignore', 'pipe', 'inherit']});
  const lines: string[] = [];
  const waiting: Array<() => void> = [];
  const reading = createInterface({input: child.stdout});
  reading.on('line', line => {
    lines.push(line);
    for (const look of waiting) look();
  });
  return {
    child,
    told: (type, count = 1) =>
      new Promise(resolve => {
        const look = () => lines.filter(line => line === type).length >= count && resolve();
        waiting.push(look);
        look();
      }),
    ended: Promise.all([once(child, 'exit'), once(reading, 'close')]).then(() => lines),
  };
}

function workFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'dr-test-'));
  t.teardown(() => rmSync(folder, {recursive: true}));
  return folder;
}

/** The most steps that were at work at once, as they wrote it down themselves, and whether different runs overlapped. */
function world(folder: string) {
  const running = new Set<string>();
  let most = 0;
  let together = 0;
  for (const line of readFileSync(join(folder, 'world.log'), 'utf8').trim().split('\n')) {
    const [what, run, step] = line.split(' ');
    if (what === 'begin') running.add(`${run} ${step}`);
    else running.delete(`${run} ${step}`);
    most = Math.max(most, running.size);
    together = Math.max(together, new Set([...running].map(key => key.split(' ')[0])).size);
  }
  return {most, together};
}

test('two processes share a lane, and together never hold more places than it has', async t => {
  const folder = workFolder(t);
  writeFileSync(join(folder, 'hold-a'), '');
  const first = start(folder, 'a', 'planned', 'run', '1');
  await first.told('step-started');
  const second = start(folder, 'b', 'planned', 'run', '4');
  await second.told('step-done', 2);
  rmSync(join(folder, 'hold-a'));
  const told = await Promise.all([first.ended, second.ended]);
  t.true(told.every(lines => lines.includes('status done')));
  t.deepEqual(world(folder), {most: 2, together: 2});
});

test('places of a killed process stay taken until somebody has looked, and are then given on', async t => {
  const folder = workFolder(t);
  writeFileSync(join(folder, 'hold-a'), '');
  const first = start(folder, 'a', 'planned', 'run', '2');
  await first.told('step-started', 2);
  first.child.kill('SIGKILL');
  await first.ended;
  rmSync(join(folder, 'hold-a'));

  const second = start(folder, 'b', 'planned', 'run', '3');
  await second.told('holder-lost');
  const store = openStore(join(folder, 'dr.db'), {readOnly: true});
  t.deepEqual(
    (await listRuns(store)).map(({run, state}) => [run, state]),
    [
      ['b', 'running'],
      ['a', 'crashed'],
    ],
  );
  const [waits] = (await showRun(store, 'b')).steps.map(step => step.waits);
  t.like(waits?.[0], {
    for: 'lane',
    lane: 'disk',
    holders: [
      {run: 'a', step: 's0'},
      {run: 'a', step: 's1'},
    ],
  });
  await store.close();

  const resumed = start(folder, 'a', 'planned', 'resume', '2');
  const told = await Promise.all([resumed.ended, second.ended]);
  t.true(told.every(lines => lines.includes('status done')));
  t.true(world(folder).most <= 2);
});

test('the death of a holder is heard at once, without asking', async t => {
  const folder = workFolder(t);
  writeFileSync(join(folder, 'hold-a'), '');
  const first = start(folder, 'a', 'planned', 'run', '2');
  await first.told('step-started', 2);
  // An hour between two looks: what it hears, it hears from the kernel.
  const second = start(folder, 'b', 'disaster', 'run', '1', '3600000');
  await second.told('run-started');
  first.child.kill('SIGKILL');
  const lines = await second.ended;
  t.true(lines.indexOf('holder-lost') > 0 && lines.includes('status done'));
  t.is(lines.filter(line => line === 'holder-lost').length, 1);
});

test('a recovery does not wait for places of a process that has died', async t => {
  const folder = workFolder(t);
  writeFileSync(join(folder, 'hold-a'), '');
  const first = start(folder, 'a', 'planned', 'run', '2');
  await first.told('step-started', 2);
  const recovery = start(folder, 'b', 'disaster', 'run', '3');
  await recovery.told('run-started');
  t.false(
    readFileSync(join(folder, 'world.log'), 'utf8').includes('begin b'),
    'while it lives, its places are its own',
  );
  first.child.kill('SIGKILL');
  t.true((await recovery.ended).includes('status done'));
});
