import {once} from 'node:events';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {spawn} from 'node:child_process';
import anyTest, {type TestFn} from 'ava';
import {openStore, resumeRun} from '@dr-toolkit/engine';
import {askGuest} from '@dr-toolkit/lab';
import {migrationKinds} from '@dr-toolkit/migrate';

import {countedPast} from '../fixtures/counted-past.ts';
import {labRig, type Rig} from './fixtures/lab-migration.ts';

const test = anyTest.serial as TestFn<{rig: Rig; folder: string}>;

test.before(async t => {
  t.timeout(540_000);
  t.context.rig = await labRig({vms: 1});
  t.context.folder = await mkdtemp(join(tmpdir(), 'killed-'));
});

test.after.always(async t => {
  await t.context.rig?.close();
  await rm(t.context.folder, {recursive: true, force: true});
});

test('dr is killed half-way: the move goes on, and the resumed run takes it up where it is', async t => {
  const {rig, folder} = t.context;
  const [guest] = await rig.lab.guests();
  const before = await askGuest(guest?.address ?? '');
  const storePath = join(folder, 'store.db');
  const script = join(import.meta.dirname, 'fixtures/controller.ts');
  const child = spawn(process.execPath, [script, storePath, 'the-run', 'aslo-proxy'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  for await (const line of createInterface(child.stdout)) {
    if (Number(line) > 0.1) break;
  }
  child.kill('SIGKILL');
  await exited;
  t.is((await rig.places('aslo-proxy'))['sunjammer'], 'running');

  const store = openStore(storePath);
  const seen: string[] = [];
  const outcome = await resumeRun('the-run', {
    store,
    kinds: migrationKinds,
    context: {hosts: rig.hosts},
    onEvent: event => {
      if (event.type === 'step-done') seen.push(`${event.step} ${event.how}`);
    },
  });
  await store.close();
  t.is(outcome.status, 'done');
  t.true(seen.includes('aslo-proxy/move attached'), seen.join(', '));
  t.deepEqual(await rig.places('aslo-proxy'), {newhost: 'running'});
  t.is((await countedPast(guest?.address ?? '', before.counter)).boot_id, before.boot_id);
});
