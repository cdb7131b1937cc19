import {checkJournal} from '@dr-toolkit/engine';
import anyTest, {type ExecutionContext, type TestFn} from 'ava';

import {countedPast} from '../fixtures/counted-past.ts';
import {allBoundaries, type Boundary, boundaryOfEachKind, boundaryText} from './fixtures/boundaries.ts';
import {type CrashRig, crashRig, type Death, type HostName, images, journalOf} from './fixtures/crash-rig.ts';
import {ranOn} from '../fixtures/ran-on.ts';

/** How far the rounds have come, over all tests. */
interface Course {
  /** Where all domains are. */
  home: HostName;
  rounds: number;
  crashes: number;
  /** Milliseconds from a run's first event to its last, when nothing kills it. */
  undisturbedMs: number;
  /** Of each domain on each host, as libvirt lays it out. */
  readonly definitions: Map<string, string>;
}

interface Context {
  readonly rig: CrashRig;
  readonly course: Course;
}

const test = anyTest.serial as TestFn<Context>;
type Test = ExecutionContext<Context>;

const all = process.env['DR_CRASH'] === 'all';
const seed = Number(process.env['DR_CRASH_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

test.before(async t => {
  t.timeout(540_000);
  const rig = await crashRig({vms: 3});
  const course: Course = {home: 'sunjammer', rounds: 0, crashes: 0, undisturbedMs: 0, definitions: new Map()};
  Object.assign(t.context, {rig, course});
});

test.after.always(async t => t.context.rig?.close());

/** How a round's run goes: deaths of its controllers one after another, then `dr resume`, killed or not. */
interface Round {
  readonly deaths?: readonly Death[];
  /** `dr resume` is killed so long after its start, and started again. */
  readonly resumeKilledMs?: number;
  readonly sourceDisks?: 'keep' | 'delete';
}

/** Moves all domains to the other host through crashes and resumes, and looks at everything afterwards; how many of `deaths` came. */
async function round(t: Test, {deaths = [], resumeKilledMs, sourceDisks = 'delete'}: Round): Promise<number> {
  const {rig, course} = t.context;
  const [from, to]: [HostName, HostName] =
    course.home === 'sunjammer' ? ['sunjammer', 'newhost'] : ['newhost', 'sunjammer'];
  const run = `round-${++course.rounds}`;
  const route = {targetUri: `qemu+ssh://root@${to}/system`};
  const request = {from, to, domains: rig.names, sourceDisks, keptDisks: 'replace' as const, route};
  // Autostart goes along, and nobody starts it on both hosts.
  await rig.shell(from, `virsh autostart ${rig.names[0]}`);
  await rig.events.take(() => true);

  let met = 0;
  let died = await rig.controller(run, deaths[0], request);
  while (died && ++met < deaths.length) died = await rig.controller(run, deaths[met]);
  course.crashes += met;
  if (met > 0) await resumed(t, run, resumeKilledMs);
  await inOrder(t, run, {from, to, sourceDisks});
  course.home = to;
  return met;
}

async function resumed(t: Test, run: string, killedMs: number | undefined): Promise<void> {
  const {rig} = t.context;
  if (killedMs !== undefined && (await rig.dr(['resume', run, '--yes'], killedMs)).exitCode === 137)
    t.context.course.crashes++;
  const {exitCode, stdout, stderr} = await rig.dr(['resume', run, '--yes']);
  t.is(exitCode, 0, `${run}: ${stdout}\n${stderr}`);
}

/** One place for each domain, nothing lost, nothing done twice, nothing left. */
async function inOrder(t: Test, run: string, move: {from: HostName; to: HostName; sourceDisks: string}): Promise<void> {
  const {rig} = t.context;
  const {from, to, sourceDisks} = move;
  const view = await rig.show(run);
  const unfinished = view.steps.filter(({record}) => record.state !== 'done');
  t.deepEqual(
    unfinished.map(({step, record}) => `${step.id} ${record.state}: ${record.error?.message ?? ''}`),
    [],
    run,
  );
  t.is(view.state, 'done');
  for (const vm of rig.vms) {
    t.deepEqual(await rig.places(vm.name), {[to]: 'running'}, `${run}: ${vm.name}`);
    const {boot_id: bootId, counter} = await countedPast(vm.address, vm.counter);
    t.true(await ranOn(rig.lab, vm, vm.bootId), `${run}: ${vm.name} was not started anew`);
    vm.bootId = bootId;
    vm.counter = counter;
    t.is(await rig.shell(to, `sha256sum < ${images}/${vm.name}-data.raw`), vm.sha256, `${run}: data of ${vm.name}`);
  }
  await nothingLeft(t, run, move);
  t.is(await rig.shell(to, 'virsh list --all --autostart --name'), rig.names[0] ?? '');

  t.deepEqual(await rig.store.read('SELECT * FROM hold'), []);
  t.deepEqual(await rig.store.read('SELECT * FROM want'), []);
  const [{events = 0} = {}] = await rig.store.read('SELECT events FROM run WHERE id = ?', [run]);
  t.like(checkJournal(view.folder ?? ''), {ok: true, events}, run);
  const done = (await journalOf(view)).flatMap(({type, step = ''}) => (type === 'step-done' ? [step] : []));
  t.deepEqual(sorted(done), sorted(view.steps.map(({step}) => step.id)), `${run}: each step done once`);

  const once = rig.names.flatMap(name => [
    `${from} ${name} stopped migrated`,
    `${from} ${name} undefined removed`,
    `${to} ${name} started migrated`,
    `${to} ${name} resumed migrated`,
  ]);
  const seen = await rig.events.take(soFar => once.every(event => soFar.includes(event)));
  const counted = seen.filter(
    // libvirt 11.3 tells of a source that has moved also that its QEMU has ended.
    event =>
      /stopped|undefined|started|resumed|crashed|shutdown|listening/u.test(event) && !/shutdown host/u.test(event),
  );
  t.deepEqual(sorted(counted), sorted(once), `${run} (${sourceDisks}): ${seen.join('; ')}`);
}

/** Files of the domains and no others; definitions as they were. */
async function nothingLeft(
  t: Test,
  run: string,
  {from, to, sourceDisks}: {from: HostName; to: HostName; sourceDisks: string},
) {
  const {
    rig,
    course: {definitions},
  } = t.context;
  const disks = rig.names.flatMap(name => [`${name}-data.raw`, `${name}.qcow2`]);
  const kept = disks.flatMap(disk => [disk, `${disk}.dr-kept`]);
  const files = async (host: HostName) => (await rig.shell(host, `ls -A ${images}`)).split('\n').filter(Boolean);
  t.deepEqual(sorted(await files(to)), sorted(disks), `${run}: files on ${to}`);
  t.deepEqual(sorted(await files(from)), sourceDisks === 'keep' ? sorted(kept) : [], `${run}: files on ${from}`);
  for (const name of rig.names) {
    const definition = await rig.shell(to, `virsh dumpxml ${name} --inactive`);
    const before = definitions.get(`${to} ${name}`);
    if (before === undefined) definitions.set(`${to} ${name}`, definition);
    else t.is(definition, before, `${run}: definition of ${name}`);
    t.notRegex(await rig.shell(to, `virsh dumpxml ${name}`), /<metadata>/u, `${run}: a claim is left on ${name}`);
  }
}

test('three moves without a crash, there and back', async t => {
  t.timeout(180_000);
  for (const sourceDisks of ['delete', 'delete'] as const) {
    await round(t, {sourceDisks});
    const {startedMs, endedMs = 0} = await t.context.rig.show(`round-${t.context.course.rounds}`);
    t.context.course.undisturbedMs = endedMs - startedMs;
    t.log(`${(t.context.course.undisturbedMs / 1000).toFixed(1)} s`);
  }
});

test('a controller killed at the boundaries of its journal', async t => {
  t.timeout(3_600_000);
  const before = t.context.course.crashes;
  const waiting = all ? allBoundaries(t.context.rig.names) : boundaryOfEachKind(t.context.rig.names);
  // Every boundary in a run of its own; or three in one, each in a controller that has resumed after the one before.
  const chains = all ? waiting.map(boundary => [boundary]) : chainsOf(waiting, 3);
  for (let chain = chains.shift(); chain; chain = chains.shift()) {
    const met = await round(t, {deaths: chain, sourceDisks: t.context.course.rounds % 4 < 2 ? 'delete' : 'keep'});
    t.log(`round-${t.context.course.rounds}: ${chain.slice(0, met).map(boundaryText).join(', ')}`);
    if (met === 0) t.fail(`${boundaryText(chain[0] ?? missing())} was not met`);
    // Another step was ahead of it: it comes in a run of its own.
    for (const boundary of chain.slice(met)) chains.push([boundary]);
  }
  t.is(t.context.course.crashes - before, waiting.length);
});

test(`a controller killed at random moments (DR_CRASH_SEED=${seed})`, async t => {
  t.timeout(3_600_000);
  const wanted = all ? 20 : 5;
  const random = randomNumbers(seed);
  for (let died = 0, tries = 0; died < wanted; tries++) {
    t.true(tries < 3 * wanted, 'too many runs end before they are killed');
    const afterMs = Math.round(random() * t.context.course.undisturbedMs);
    // `dr resume` is killed as well, somewhere between its start and its end.
    const resumeKilledMs = Math.round(500 + random() * t.context.course.undisturbedMs);
    const met = await round(t, {deaths: [{afterMs}], resumeKilledMs, sourceDisks: random() < 0.5 ? 'delete' : 'keep'});
    t.log(
      `round-${t.context.course.rounds}: ${met ? '' : 'ended before '}${afterMs} ms, dr resume ${resumeKilledMs} ms`,
    );
    died += met;
  }
});

test('the disks are whole', async t => {
  const {rig, course} = t.context;
  const {home, crashes, rounds} = course;
  for (const {name} of rig.vms) {
    await rig.shell(home, `virsh destroy ${name}`);
    // 3: clusters that nobody uses any more, as is usual after the plug was pulled.
    await rig.shell(home, `qemu-img check ${images}/${name}.qcow2 || [ $? = 3 ]`);
  }
  t.pass();
  t.log(`${crashes} crashes survived, in ${rounds} runs of ${rig.names.length} moves`);
});

function sorted(texts: readonly string[]): string[] {
  return texts.toSorted((one, other) => one.localeCompare(other));
}

function chainsOf(boundaries: readonly Boundary[], links: number): Boundary[][] {
  const step = Math.ceil(boundaries.length / links);
  return Array.from({length: step}, (_, start) => boundaries.filter((_boundary, index) => index % step === start));
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomNumbers(from: number): () => number {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function missing(): never {
  throw new Error('An empty chain');
}
