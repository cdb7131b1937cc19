import {once} from 'node:events';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {spawn} from 'node:child_process';
import anyTest, {type TestFn} from 'ava';
import {openStore, resumeRun, showRun} from '@dr-toolkit/engine';
import {askGuest, type GuestRecord} from '@dr-toolkit/lab';
import {migrationKinds, migrationMoves, releaseClaims} from '@dr-toolkit/migrate';

import {countedPast} from '../fixtures/counted-past.ts';
import {attachData, blockState, isBounded, monitor} from './fixtures/bounded-copy.ts';
import {labRig, type Rig} from './fixtures/lab-migration.ts';
import {ranOn} from '../fixtures/ran-on.ts';

interface Context {
  rig: Rig;
  folder: string;
}

const test = anyTest.serial as TestFn<Context>;

test.before(async t => {
  t.timeout(540_000);
  t.context.rig = await labRig({vms: 2});
  t.context.folder = await mkdtemp(join(tmpdir(), 'killed-'));
});

test.after.always(async t => {
  await t.context.rig?.close();
  await rm(t.context.folder, {recursive: true, force: true});
});

interface Killed {
  readonly run: string;
  readonly domain: string;
  /** It is killed when so much of it is done. */
  readonly fraction: number;
  readonly bytesPerSecond?: number;
  /** And when this holds as well. */
  readonly until?: () => Promise<boolean>;
}

/** Begins a move in a process of its own, and kills that. */
async function beginAndKill({folder, rig}: Context, killed: Killed): Promise<void> {
  const {run, domain, fraction, bytesPerSecond, until = () => Promise.resolve(true)} = killed;
  const script = join(import.meta.dirname, 'fixtures/controller.ts');
  const bound = bytesPerSecond === undefined ? [] : [String(bytesPerSecond)];
  const child = spawn(process.execPath, [script, join(folder, 'store.db'), run, domain, ...bound], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  for await (const line of createInterface(child.stdout)) {
    if (Number(line) > fraction && (await until())) break;
  }
  child.kill('SIGKILL');
  await exited;
  if ((await rig.places(domain))['sunjammer'] !== 'running') throw new Error(`${domain} had arrived already`);
}

/** Resumes the run here, or ends it as `dr abort` does; what became of it, and how each step ended. */
async function resumed({folder, rig}: Context, run: string, how: 'to go on' | 'to abort it' = 'to go on') {
  const now = AbortSignal.abort();
  const store = openStore(join(folder, 'store.db'));
  const seen: string[] = [];
  const outcome = await resumeRun(run, {
    store,
    kinds: migrationKinds,
    context: {hosts: rig.hosts},
    ...(how === 'to abort it' && {stop: now, signal: now}),
    onEvent: event => {
      if (event.type === 'step-done') seen.push(`${event.step} ${event.how}`);
    },
  });
  if (how === 'to abort it') {
    await releaseClaims(migrationMoves((await showRun(store, run)).plan), rig.hosts, run, {});
  }
  await store.close();
  return {outcome, seen};
}

test('dr is killed half-way: the move goes on, and the resumed run takes it up where it is', async t => {
  const {rig} = t.context;
  const [guest = t.fail()] = await rig.lab.guests();
  const before = await askGuest(guest.address);
  await attachData(rig, 'sunjammer', 'aslo-proxy');
  await beginAndKill(t.context, {run: 'the-run', domain: 'aslo-proxy', fraction: 0.05, bytesPerSecond: 2 * 1024 ** 2});
  const {outcome, seen} = await resumed(t.context, 'the-run');
  t.is(outcome.status, 'done');
  t.true(seen.includes('aslo-proxy/move attached'), seen.join(', '));
  t.deepEqual(await rig.places('aslo-proxy'), {newhost: 'running'});
  await countedPast(guest.address, before.counter);
  t.true(await ranOn(rig.lab, guest, before.boot_id));
});

test('dr is killed while a lane pauses a move, and the run is aborted: the move ends, and the source runs on unbounded', async t => {
  t.timeout(120_000);
  const {rig} = t.context;
  const guest = await killedWhilePaused(t.context, 'paused');
  const before = await askGuest(guest.address);

  const {outcome} = await resumed(t.context, 'paused', 'to abort it');
  t.is(outcome.status, 'stopped');
  t.is(outcome.steps['aslo-web1/move']?.state, 'cancelled');
  t.deepEqual(await rig.places('aslo-web1'), {sunjammer: 'running'});
  t.is((await rig.shell('newhost', 'ls /var/lib/libvirt/images | grep aslo-web1; true')).trim(), '');
  t.notRegex(await blockState(rig, 'sunjammer', 'aslo-web1'), /dr-copy|migration-/u);
  await countedPast(guest.address, before.counter);
  t.true(await ranOn(rig.lab, guest, before.boot_id));
});

test('dr is killed while a lane slows or pauses a move: it goes on as slow or rests, and the resumed run lets it go', async t => {
  t.timeout(120_000);
  const {rig} = t.context;
  const guest = await killedWhilePaused(t.context, 'slowed');
  const before = await askGuest(guest.address);

  const {outcome, seen} = await resumed(t.context, 'slowed');
  t.is(outcome.status, 'done');
  t.true(seen.includes('aslo-web1/move attached'), seen.join(', '));
  t.deepEqual(await rig.places('aslo-web1'), {newhost: 'running'});
  t.notRegex(await blockState(rig, 'newhost', 'aslo-web1'), /dr-copy|migration-/u);
  await countedPast(guest.address, before.counter);
  t.true(await ranOn(rig.lab, guest, before.boot_id));
});

/** Leaves a move of aslo-web1 under way as dr does when it dies in the moment in which it puts a throttle in its place. */
async function killedWhilePaused(context: Context, run: string): Promise<GuestRecord> {
  const {rig} = context;
  const guest = (await rig.lab.guests()).find(({name}) => name === 'aslo-web1');
  if (!guest) throw new Error('The lab has no aslo-web1');
  if (!/vdb/u.test(await rig.shell('sunjammer', 'virsh domblklist aslo-web1'))) {
    await attachData(rig, 'sunjammer', 'aslo-web1');
  }
  // So slow that the move would outlast this test many times.
  const slow = {fraction: 0, bytesPerSecond: 32 * 1024};
  const until = async () => isBounded(await blockState(rig, 'sunjammer', 'aslo-web1'), slow.bytesPerSecond / 2);
  await beginAndKill(context, {run, domain: 'aslo-web1', ...slow, until});
  if (!(await until())) throw new Error('Its bound has gone with dr');
  const info = await rig.shell('sunjammer', 'virsh domjobinfo aslo-web1');
  if (!/Operation: +Outgoing migration/u.test(info)) throw new Error(`It does not move: ${info}`);
  const jobs = await monitor(rig, 'sunjammer', 'aslo-web1', {execute: 'query-block-jobs'});
  const device = /"device":"(?<device>[^"]+)"/u.exec(jobs)?.groups?.['device'];
  await monitor(rig, 'sunjammer', 'aslo-web1', {execute: 'block-job-pause', arguments: {device}});
  return guest;
}
