import test from 'ava';

import {type AutomaticLane, type LiveEvent, type RunEvent, setLane, type StepContext} from '../src/index.ts';
import {Stage} from './fixtures/stage.ts';

const mebibyte = 1024 ** 2;

/** A disk whose guests wait 10 ms, and as much longer as its streams exceed what it bears. */
class Disk {
  readonly stage: Stage;
  /** Streams at once, as they come and go. */
  readonly counts: number[] = [];
  readonly speeds: Array<number | undefined> = [];
  readonly #bears: number;
  #running = 0;

  constructor(bears: number, minutes = 1, also: (context: StepContext) => Promise<unknown> = async () => {}) {
    this.#bears = bears;
    const act = async (context: StepContext) => {
      this.counts.push(++this.#running);
      context.progress({bytesPerSecond: 10 * mebibyte});
      await also(context);
      await this.stage.clock.sleep(minutes * 60_000);
      this.#running--;
    };
    this.stage = new Stage({acts: Object.fromEntries(names.map(name => [name, act]))});
  }

  readonly lane: Omit<AutomaticLane, 'from'> = {
    lane: 'disk',
    sense: async () => (this.#running > this.#bears ? 10 * (1 + this.#running) : 10),
    setSpeed: async (_step, bytesPerSecond) => void this.speeds.push(bytesPerSecond),
  };

  async run(from: number) {
    const automatic = [{...this.lane, from}];
    return this.stage.run(
      names.map(id => ({id, args: {lanes: {disk: 1}}})),
      {lanes: {disk: from}, automatic},
    );
  }

  get limits() {
    return this.stage.events.filter(isLimit);
  }
}

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

function isLimit(event: RunEvent | LiveEvent) {
  return event.type === 'lane-limit';
}

test('a lane whose storage suffers narrows, those who run are slowed, and the journal says why', async t => {
  const disk = new Disk(2);
  t.is((await disk.run(8)).status, 'done');
  t.like(disk.limits[0], {
    lane: 'disk',
    was: 8,
    places: 4,
    bytesPerSecond: 40 * mebibyte,
    why: 'guests wait 90 ms for their disks, 10 ms undisturbed',
  });
  t.is(disk.speeds[0], 5 * mebibyte);
});

test('a lane whose storage is idle widens, as long as somebody waits', async t => {
  const disk = new Disk(8);
  await disk.run(1);
  t.true(Math.max(...disk.counts) >= 4);
  t.true(disk.limits.every(event => event.type === 'lane-limit' && event.bytesPerSecond === undefined));
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
  const disk: Disk = new Disk(0, 1, () => setLane(disk.stage.store, 'disk', 5, disk.stage));
  await disk.run(8);
  t.deepEqual(await disk.stage.store.read('SELECT * FROM lane'), [{name: 'disk', places: 5}]);
});

test('a sensor that fails does not harm the run', async t => {
  const disk = new Disk(2);
  const blind = {...disk.lane, from: 2, sense: () => Promise.reject(new Error('host does not answer'))};
  const steps = [{id: 'a', args: {lanes: {disk: 1}}}];
  t.is((await disk.stage.run(steps, {automatic: [blind]})).status, 'done');
});
