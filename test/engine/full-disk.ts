import {mkdtempSync, rmSync, statfsSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import {
  checkJournal,
  defineStep,
  type LiveEvent,
  makePlan,
  openStore,
  type RunEvent,
  runPlan,
} from '@dr-toolkit/engine';
import test, {type ExecutionContext} from 'ava';
import {execa} from 'execa';

/** A file system of 1 MiB, and what fills it. */
async function smallDisk(t: ExecutionContext) {
  const disk = mkdtempSync(join(tmpdir(), 'dr-small-disk-'));
  await execa('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
  t.teardown(async () => {
    await execa('umount', [disk]);
    rmSync(disk, {recursive: true});
  });
  const ballast = join(disk, 'ballast');
  return {
    disk,
    /** Leaves so many bytes. */
    fill: (leave: number) => {
      const {bavail, bsize} = statfsSync(disk);
      writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - leave)));
    },
    makeRoom: () => rmSync(ballast),
  };
}

/** Runs five steps whose results and logs find no room after the first, until there is some. */
async function runWithoutRoom(t: ExecutionContext, places: 'folder' | 'folder and store') {
  const {disk, fill, makeRoom} = await smallDisk(t);
  const away = mkdtempSync(join(tmpdir(), 'dr-test-'));
  t.teardown(() => rmSync(away, {recursive: true}));
  const performed: string[] = [];
  const work = defineStep('work', {
    inspect: async (_args, {step}) => ({state: performed.includes(step) ? 'done' : 'pending'}),
    perform: async (_args, {step, log}) => {
      if (step === 's1') fill(8192);
      log('x'.repeat(10_000));
      performed.push(step);
      return 'y'.repeat(10_000);
    },
  });
  const steps = [0, 1, 2, 3, 4].map(nr => ({
    id: `s${nr}`,
    kind: 'work',
    title: `Work ${nr}`,
    needs: nr === 0 ? [] : [`s${nr - 1}`],
  }));
  const plan = makePlan(
    {intent: {command: 'test'}, mode: 'planned', estate: '-', inventory: '-', steps},
    {kinds: [work]},
  );
  const store = openStore(join(places === 'folder' ? away : disk, 'dr.db'));
  t.teardown(() => store.close());
  const events: Array<RunEvent | LiveEvent> = [];
  const atPause: string[][] = [];
  const outcome = await runPlan(plan, {
    store,
    kinds: [work],
    context: {},
    runsFolder: join(disk, 'runs'),
    times: {pausedMs: 50},
    onEvent: event => {
      events.push(event);
      if (event.type !== 'paused') return;
      atPause.push([...performed]);
      // Several tries find no room before there is some.
      setTimeout(() => {
        atPause.push([...performed]);
        makeRoom();
      }, 500);
    },
  });
  return {outcome, events, performed, atPause};
}

for (const places of ['folder', 'folder and store'] as const) {
  test(`without room for the ${places} a run begins nothing more, and goes on when there is some`, async t => {
    const {outcome, events, performed, atPause} = await runWithoutRoom(t, places);
    t.is(outcome.status, 'done');
    const types = events.map(({type}) => type);
    t.is(types.filter(type => type === 'paused').length, 1);
    t.true(types.indexOf('paused') < types.indexOf('unpaused'));
    const [before, later] = atPause;
    t.deepEqual(before, ['s0', 's1']);
    t.deepEqual(later, before, 'nothing was begun meanwhile');
    t.deepEqual(performed, ['s0', 's1', 's2', 's3', 's4']);
    t.like(checkJournal(outcome.folder ?? ''), {ok: true});
    for (const step of performed) {
      const {stdout} = await execa('wc', ['-l', join(outcome.folder ?? '', 'steps', `${step}.log`)]);
      t.regex(stdout, /^1 /u, 'no log line is lost or written twice');
    }
  });
}
