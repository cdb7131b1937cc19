import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {join, resolve} from 'node:path';
import {createInterface} from 'node:readline';
import test from 'ava';
import {labUp, listLabs, openLab} from '@dr-toolkit/lab';

import {marksOf, traces} from './fixtures/traces.ts';
import {scratchLabs} from './fixtures/scratch-labs.ts';

/** Starts the demo as a terminal would, and calls `act` at the first line that `when` matches. Resolves to how it ended. */
async function demo(when: RegExp, act: (pid: number) => Promise<void> | void) {
  const script = resolve(import.meta.dirname, '../../scripts/demo.ts');
  const child = spawn(process.execPath, [script], {detached: true, stdio: ['ignore', 'pipe', 'pipe']});
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  let acted: Promise<void> | undefined;
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({input: stream}).on('line', line => {
      if (!acted && when.test(line)) acted = Promise.resolve(act(child.pid ?? 0));
    });
  }
  const [code] = await ended;
  await acted;
  return code;
}

test.serial('the demo leaves a lab of its name alone that somebody else has brought up', async t => {
  await scratchLabs(t);
  await labUp({name: 'demo', vms: 0});
  t.is(await demo(/^never$/u, () => {}), 3);
  t.is((await (await openLab('demo')).status()).state, 'up');
});

for (const signal of ['SIGINT', 'SIGHUP'] as const) {
  test.serial(`a demo leaves nothing behind when its terminal says ${signal}`, async t => {
    t.timeout(300_000);
    const folder = await scratchLabs(t);
    let marks = {folder: join(folder, 'demo'), devices: []} as Awaited<ReturnType<typeof marksOf>>;
    const code = await demo(/Host on/u, async pid => {
      marks = await marksOf(join(folder, 'demo'));
      process.kill(-pid, signal);
    });
    t.is(code, 130);
    t.deepEqual(await listLabs(), []);
    t.deepEqual(await traces(marks), []);
  });
}
