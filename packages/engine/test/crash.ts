import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';

import test from 'ava';

import {checkJournal, openStore, showRun} from '../src/index.ts';

const program = new URL('fixtures/controller-process.ts', import.meta.url).pathname;

/** Runs a controller process and kills it (-9) when it has told of `killAt` events; answers what it told. */
async function controller(folder: string, how: 'run' | 'resume', killAt: number): Promise<string[]> {
  const child = spawn(process.execPath, [program, folder, how], {stdio: ['pipe', 'pipe', 'inherit']});
  const told: string[] = [];
  const lines = createInterface({input: child.stdout});
  lines.on('line', line => {
    told.push(line);
    if (told.length === killAt) child.kill('SIGKILL');
    else if (!line.startsWith('status')) child.stdin.write('\n');
  });
  await Promise.all([once(child, 'exit'), once(lines, 'close')]);
  return told;
}

test('a controller killed at every boundary of its journal is resumed, and nothing is done twice', async t => {
  const told: string[] = [];
  let crashes = 0;
  for (let killAt = 1; !told.includes('status done'); killAt++) {
    const folder = mkdtempSync(join(tmpdir(), 'dr-test-'));
    t.teardown(() => rmSync(folder, {recursive: true}));
    told.splice(0, told.length, ...(await controller(folder, 'run', killAt)));
    const reader = openStore(join(folder, 'dr.db'), {readOnly: true});
    const before = await showRun(reader, 'run');
    if (before.state === 'crashed') {
      crashes++;
      t.true((await controller(folder, 'resume', 0)).includes('status done'), `killed at event ${killAt}`);
    }
    const {state, steps, folder: runFolder = ''} = await showRun(reader, 'run');
    t.is(state, 'done');
    t.true(steps.every(({record}) => record.state === 'done'));
    t.true(checkJournal(runFolder).ok);
    t.deepEqual(await reader.read('SELECT * FROM hold'), []);
    await reader.close();
    checkWorld(readFileSync(join(folder, 'world.log'), 'utf8').trim().split('\n'), message => t.fail(message));
  }
  t.log(`${crashes} crashes survived`);
  t.true(crashes >= 4);
});

/** Once a step has ended it never begins again, and every attempt has a larger token. */
function checkWorld(lines: readonly string[], fail: (message: string) => void): void {
  const ended = new Set<string>();
  const tokens = new Map<string, number>();
  for (const line of lines) {
    const [act, step = '', token] = line.split(' ');
    if (act === 'end') {
      if (ended.has(step)) fail(`${step} was done twice`);
      ended.add(step);
      continue;
    }
    if (ended.has(step)) fail(`${step} was begun after it was done`);
    if (Number(token) <= (tokens.get(step) ?? 0)) fail(`${step} was begun with an old token`);
    tokens.set(step, Number(token));
  }
}
