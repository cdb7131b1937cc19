import {laneBounds} from '@dr-toolkit/lanes';
import test from 'ava';

import {
  type AutomaticLane,
  type LiveEvent,
  openStore,
  RunError,
  type RunEvent,
  runPlan,
  setLane,
  type StepContext,
  type Store,
  VirtualClock,
} from '../src/index.ts';
import {readFindings, rememberFinding} from '../src/lane-findings.ts';
import {Stage} from './fixtures/stage.ts';

const mebibyte = 1024 ** 2;

interface DiskOptions {
  readonly minutes?: number;
  readonly also?: (context: StepContext) => Promise<unknown>;
  /** How many steps copy at a time, of those that run; the others wait for something else. */
  readonly copying?: (running: number) => number;
  readonly stage?: Stage;
}

/** A disk whose guests wait 3 ms, and twenty times as long while its streams may carry more than it bears. */
class Disk {
  readonly stage: Stage;
  /** Streams at once, as they come and go. */
  readonly counts: number[] = [];
  readonly speeds: Array<number | undefined> = [];
  readonly #run: string;
  readonly #bears: number;
  readonly #copying: (running: number) => number;
  #running = 0;

  constructor(bearsMib: number, {minutes = 1, also, copying = running => running, stage}: DiskOptions = {}) {
    this.#bears = bearsMib * mebibyte;
    this.#copying = copying;
    const act = async (context: StepContext) => {
      this.counts.push(++this.#running);
      await also?.(context);
      await this.stage.clock.sleep(minutes * 60_000);
      this.#running--;
    };
    const acts = Object.fromEntries(names.map(name => [name, act]));
    this.stage = new Stage({acts, ...(stage && {store: stage.store, clock: stage.clock})});
    this.#run = stage ? 'next' : 'run';
  }

  readonly lane: Omit<AutomaticLane, 'from'> = {
    lane: 'disk',
    sense: async () => {
      const copying = this.#copying(this.#running);
      const wanted = this.speeds.at(-1) ?? 0;
      const waitMs = copying > 0 && wanted > this.#bears ? 60 : 3;
      return {waitMs, copying, bytesPerSecond: copying > 0 ? Math.min(wanted, this.#bears) : 0};
    },
    setSpeed: async (steps, bytesPerSecond) => {
      if (steps.length > 0) this.speeds.push(bytesPerSecond);
    },
  };

  async run(from: number) {
    const automatic = [{...this.lane, from}];
    const plan = this.stage.plan(names.map(id => ({id, args: {lanes: {disk: 1}}})));
    const options = this.stage.options({lanes: {disk: from}, automatic});
    return this.stage.clock.drive(runPlan(plan, {...options, run: this.#run}));
  }

  get limits() {
    return this.stage.events.filter(isLimit);
  }
}

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

function isLimit(event: RunEvent | LiveEvent): event is RunEvent & {readonly type: 'lane-limit'} {
  return event.type === 'lane-limit';
}

test('streams that are too much for their storage are slowed, and the journal says why', async t => {
  const disk = new Disk(80);
  t.is((await disk.run(2)).status, 'done');
  const [first] = disk.limits;
  t.like(first, {lane: 'disk', was: 2, places: 2});
  t.true((first?.bytesPerSecond ?? 0) > 1.5 * laneBounds.bytesPerSecondFrom);
  const cut = disk.limits.find(({bytesPerSecond: now = 0}, nr) => now < (disk.limits[nr - 1]?.bytesPerSecond ?? 0));
  t.is(cut?.why, 'guests wait 60 ms for their disks, 3.0 ms undisturbed');
});

test('while they run, streams carry most of what their storage bears', async t => {
  const disk = new Disk(40, {minutes: 3});
  await disk.run(2);
  const carried = disk.speeds.slice(20).map(speed => Math.min(speed ?? 0, 40 * mebibyte) / mebibyte);
  t.true(carried.reduce((sum, mib) => sum + mib, 0) / carried.length > 0.7 * 40);
  const over = disk.speeds.filter(speed => (speed ?? 0) > 40 * mebibyte).length;
  t.true(over / disk.speeds.length < 0.05);
});

test('a run whose steps disturb nobody is not kept waiting for its first step', async t => {
  const disk = new Disk(40);
  const startMs = disk.stage.clock.now();
  const began: number[] = [];
  const stage = new Stage({acts: {a: async () => void began.push(stage.clock.now())}, clock: disk.stage.clock});
  await stage.run([{id: 'a', args: {lanes: {disk: 1}}}], {automatic: [{...disk.lane, from: 2}]});
  t.deepEqual(began, [startMs]);
});

test('a lane widens while its streams leave it idle, as long as somebody waits', async t => {
  const disk = new Disk(1000, {copying: () => 0});
  await disk.run(1);
  t.true(Math.max(...disk.counts) >= 3);
});

test('a lane whose storage bears next to nothing comes down to one stream', async t => {
  const disk = new Disk(1);
  await disk.run(8);
  t.is(disk.limits.at(-1)?.places, 1);
});

test('two runs share an automatic lane: neither takes more places than there are, both end', async t => {
  const store = openStore(':memory:');
  const clock = new VirtualClock();
  const ends: string[] = [];
  const at = {now: 0, most: 0};
  const acts = Object.fromEntries(
    names.map(name => [
      name,
      async () => {
        at.most = Math.max(at.most, ++at.now);
        await clock.sleep(30_000);
        at.now--;
        ends.push(name);
      },
    ]),
  );
  const lane: AutomaticLane = {
    lane: 'disk',
    from: 4,
    sense: async () => ({waitMs: at.now > 0 ? 60 : 3, copying: at.now, bytesPerSecond: 10 * mebibyte}),
    setSpeed: async () => {},
  };
  const steps = names.map(id => ({id, args: {lanes: {disk: 1}}}));
  const stage = new Stage({acts, store, clock});
  const runs = ['one', 'two'].map(run =>
    runPlan(stage.plan(steps), {
      ...new Stage({acts, store, clock}).options({kinds: [new Stage({acts}).kind], locks: stage.locks}),
      run,
      lanes: {disk: 4},
      automatic: [lane],
    }),
  );
  const outcomes = await clock.drive(Promise.all(runs));
  t.deepEqual(
    outcomes.map(({status}) => status),
    ['done', 'done'],
  );
  t.is(ends.length, 2 * names.length);
  t.true(at.most <= 4);
  t.deepEqual(await store.read('SELECT * FROM lane'), []);
});

/** A lane on which guests never wait. */
function calmLane(setSpeed: AutomaticLane['setSpeed']): AutomaticLane {
  return {lane: 'disk', from: 2, sense: async () => ({waitMs: 3, copying: 0, bytesPerSecond: 0}), setSpeed};
}

test('the speed of a step is bounded before it begins', async t => {
  const from = laneBounds.bytesPerSecondFrom / mebibyte;
  const told: string[] = [];
  const lane = calmLane(async (steps, bytesPerSecond) => {
    told.push(...steps.map(({id}) => `${id} ${(bytesPerSecond ?? 0) / mebibyte}`));
  });
  const acts = Object.fromEntries(['a', 'b'].map(name => [name, async () => void told.push(`${name} begins`)]));
  const stage = new Stage({acts});
  await stage.run([{id: 'a', args: {lanes: {disk: 1}}}, {id: 'b'}], {automatic: [lane]});
  t.deepEqual(told.filter(what => what.startsWith('a')).slice(0, 2), [`a ${from}`, 'a begins']);
  t.false(told.includes(`b ${from}`));
});

test('a step that is found underway is taken up as it is', async t => {
  const told: string[] = [];
  const lane = calmLane(async steps => void told.push(...steps.map(({id}) => id)));
  const stage = new Stage({looks: {a: async () => ({state: told.length > 0 ? 'done' : 'underway'})}});
  const attach = async () => void told.push('attached');
  const kinds = [{...stage.kind, attach}];
  await stage.run([{id: 'a', args: {lanes: {disk: 1}}}], {automatic: [lane], kinds});
  t.is(told[0], 'attached');
});

test('a host that does not answer keeps no step from beginning', async t => {
  const stage = new Stage();
  const lane: AutomaticLane = {
    lane: 'disk',
    from: 2,
    sense: async () => ({waitMs: 3, copying: 0, bytesPerSecond: 0}),
    setSpeed: (steps, _speed, {signal}) =>
      steps.length === 0
        ? Promise.resolve()
        : new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(new Error('closed')));
          }),
  };
  const steps = [{id: 'a', args: {lanes: {disk: 1}}}];
  t.is((await stage.run(steps, {automatic: [lane]})).status, 'done');
});

test('what a storage bears is remembered for the next run', async t => {
  const disk = new Disk(40);
  await disk.run(2);
  const cuts = ({limits}: Disk) =>
    limits.filter(({bytesPerSecond: now = 0}, nr) => now < (limits[nr - 1]?.bytesPerSecond ?? 0)).length;
  t.true(cuts(disk) > 0);
  const next = new Disk(40, {stage: disk.stage});
  await next.run(2);
  const [first = 0] = next.speeds;
  t.true(first >= 0.65 * 40 * mebibyte && first < 0.85 * 40 * mebibyte);
  t.true(next.speeds.slice(0, 40).every((speed = 0) => speed <= 40 * mebibyte));
});

test('a run that reads what an earlier one has found does not pass it off as its own', async t => {
  const stage = new Stage();
  await rememberFinding(stage.store, 'disk', {
    finding: 'ceiling',
    bytesPerSecond: 100 * mebibyte,
    atMs: stage.clock.now(),
  });
  const sql = `SELECT * FROM lane_finding WHERE finding = 'ceiling'`;
  const before = await stage.store.read(sql);
  await stage.clock.drive(stage.clock.sleep(86_400_000));
  await new Disk(1000, {stage, minutes: 0.1}).run(2);
  t.deepEqual(await stage.store.read(sql), before);
});

test('a lane that has met no ceiling begins near what it was seen to bear, and grows as before', async t => {
  const disk = new Disk(100_000, {minutes: 0.03});
  await disk.run(2);
  const {borne = 0} = await readFindings(disk.stage.store, 'disk', disk.stage.clock.now());
  t.true(borne > 60 * mebibyte);
  const next = new Disk(100_000, {stage: disk.stage, minutes: 0.03});
  await next.run(2);
  const [first = 0, last = 0] = [next.speeds.at(0), next.speeds.at(-1)];
  t.is(first, Math.round(laneBounds.begin * borne));
  t.true(last > borne);
});

test('a storage that bears more than an earlier run has found is remembered so', async t => {
  const stage = new Stage();
  await rememberFinding(stage.store, 'disk', {
    finding: 'ceiling',
    bytesPerSecond: 10 * mebibyte,
    atMs: stage.clock.now(),
  });
  await new Disk(1000, {stage, minutes: 3}).run(2);
  const {ceiling = 0} = await readFindings(stage.store, 'disk', stage.clock.now());
  t.true(ceiling > 50 * mebibyte);
});

test('what cannot be remembered breaks no run, and its streams are slowed all the same', async t => {
  const disk = new Disk(40);
  await disk.stage.store.tx(tx => tx.q('DROP TABLE lane_finding'));
  t.is((await disk.run(2)).status, 'done');
  t.true(disk.speeds.some((speed = 0, nr) => speed < (disk.speeds[nr - 1] ?? 0)));
});

test('what was found is forgotten with the run', async t => {
  const disk = new Disk(2);
  await disk.run(8);
  t.deepEqual(await disk.stage.store.read('SELECT * FROM lane'), []);
  t.deepEqual(await disk.stage.store.read('SELECT * FROM lane_reason'), []);
});

test('what a run that crashed has found is forgotten by the next', async t => {
  const stage = new Stage();
  await stage.store.tx(async tx => {
    await tx.q(`INSERT INTO lane (name, places) VALUES ('disk', 1)`);
    await tx.q(`INSERT INTO lane_reason (name, why) VALUES ('disk', 'guests wait')`);
  });
  await stage.run([{id: 'a'}]);
  t.deepEqual(await stage.store.read('SELECT * FROM lane'), []);
});

test('a lane that a person sets is left alone', async t => {
  const disk: Disk = new Disk(0, {also: () => setLane(disk.stage.store, {lane: 'disk', places: 5}, disk.stage)});
  await disk.run(8);
  t.deepEqual(await disk.stage.store.read('SELECT * FROM lane'), [{name: 'disk', places: 5}]);
});

test('a sensor that fails does not harm the run', async t => {
  const disk = new Disk(2);
  const blind = {...disk.lane, from: 2, sense: () => Promise.reject(new Error('host does not answer'))};
  const steps = [{id: 'a', args: {lanes: {disk: 1}}}];
  t.is((await disk.stage.run(steps, {automatic: [blind]})).status, 'done');
});

test('streams that are paced coarsely are not bounded, and no more than two begin', async t => {
  const disk = new Disk(100);
  const sense: AutomaticLane['sense'] = async (steps, options) => {
    const look = await disk.lane.sense(steps, options);
    return {...look, waitMs: disk.counts.length === 0 ? 3 : 60, paced: 'coarsely'};
  };
  const plan = disk.stage.plan(names.map(id => ({id, args: {lanes: {disk: 1}}})));
  const automatic = [{...disk.lane, from: 4, sense}];
  const options = disk.stage.options({lanes: {disk: 4}, automatic});
  const {status} = await disk.stage.clock.drive(runPlan(plan, {...options, run: 'run'}));
  t.is(status, 'done');
  t.true(disk.speeds.every(speed => speed === undefined));
  t.is(Math.max(...disk.counts), 2);
  t.deepEqual([...new Set(disk.counts.slice(3))], [1], 'guests suffer: one at a time');
  const limits = disk.stage.events.filter(event => event.type === 'lane-limit');
  t.true(limits.length > 0 && limits.every(event => !('bytesPerSecond' in event)));
});

test('a run that has ended is told as it ended, also where its lanes cannot be given back then', async t => {
  const {stage, lane} = new Disk(2);
  const {store} = stage;
  let ended = false;
  const failing: Store = {
    id: store.id,
    read: (sql, args) => store.read(sql, args),
    tx: async act => {
      if (ended) throw new RunError('STORE_UNWRITABLE', 'no room is left', {hint: 'Make room'});
      return store.tx(act);
    },
    version: () => store.version(),
    close: () => store.close(),
  };
  const guestsWait = () =>
    store.tx(tx => tx.q(`INSERT OR IGNORE INTO lane_reason (name, why) VALUES ('disk', 'waits')`));
  const outcome = await stage.run([{id: 'a', args: {lanes: {disk: 1}}}], {
    store: failing,
    automatic: [{...lane, from: 2, setSpeed: async () => void (await guestsWait())}],
    onEvent: ({type}) => (ended ||= type === 'run-ended'),
  });
  t.is(outcome.status, 'done');
});

test('a host that does not answer the first look keeps no run from beginning', async t => {
  const disk = new Disk(40);
  const silent: AutomaticLane = {
    ...disk.lane,
    from: 2,
    sense: (_steps, {signal}) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), {once: true});
      }),
  };
  const stop = new AbortController();
  disk.stage.clock.later(60_000, () => stop.abort());
  const steps = [{id: 'a', args: {lanes: {disk: 1}}}];
  t.is((await disk.stage.run(steps, {automatic: [silent], stop: stop.signal})).status, 'done');
});
