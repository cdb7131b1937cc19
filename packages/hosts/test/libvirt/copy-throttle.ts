import test from 'ava';

import {setCopySpeed} from '../../src/libvirt/copy-speed.ts';
import {dropThrottles, throttleCopies} from '../../src/libvirt/copy-throttle.ts';
import type {MonitorLink} from '../../src/libvirt/monitor.ts';

const mebibyte = 1024 ** 2;
const dom = {name: 'web', uuid: '00000000-0000-0000-0000-000000000001', id: 1};

type Args = Readonly<Record<string, unknown>>;

/** As much of QEMU as a throttle meets: nodes, who stands on whom, jobs, and one throttle group. */
class Qemu {
  /** Each node with the one below it. */
  readonly nodes = new Map<string, string | undefined>();
  jobs: ReadonlyArray<{type: string; device: string; paused: boolean}> = [];
  threads: readonly string[] = [];
  reopens = true;
  limits: unknown;
  readonly speeds: unknown[] = [];
  /** How often a job was woken that then sent what it has at hand. */
  surges = 0;
  /** Called before each answer. */
  onAsked: (execute: string) => void = () => {};

  /** libvirt has just begun to copy a disk. */
  copy(disk: string): this {
    this.nodes.set(`migration-${disk}-storage`, undefined).set(`migration-${disk}-format`, `migration-${disk}-storage`);
    this.jobs = [...this.jobs, {type: 'mirror', device: `drive-${disk}`, paused: false}];
    return this;
  }

  /** The copy has failed, and libvirt removes what it can. */
  fail(disk: string): void {
    this.jobs = [];
    this.remove(`migration-${disk}-format`);
    this.remove(`migration-${disk}-storage`);
  }

  remove(name: string): unknown {
    if (!this.nodes.has(name) || [...this.nodes.values()].includes(name)) return undefined;
    this.nodes.delete(name);
    return {};
  }

  readonly link: MonitorLink = {
    ask: async (_name, {cmd}, {signal}) => {
      const {execute, arguments: args = {}} = JSON.parse(cmd) as {execute: string; arguments?: Args};
      this.onAsked(execute);
      signal?.throwIfAborted();
      const answer = this.#answer(execute, args);
      return {result: JSON.stringify(answer === undefined ? {error: {class: 'GenericError'}} : {return: answer})};
    },
  };

  /** Each change of the nodes makes a job that rests go on, unless it is paused. */
  #wake(): void {
    if (this.jobs.some(({paused}) => !paused)) this.surges += 1;
  }

  #answer(execute: string, args: Args): unknown {
    switch (execute) {
      case 'query-block-jobs':
        return this.jobs;
      case 'query-iothreads':
        return this.threads;
      case 'query-named-block-nodes':
        return [...this.nodes.keys()].map(name => ({'node-name': name}));
      case 'qom-set':
        if (this.limits === undefined) return undefined;
        this.limits = args['value'];
        return {};
      case 'object-add':
        this.limits = args['limits'];
        return {};
      case 'object-del':
        if (this.limits === undefined) return undefined;
        this.limits = undefined;
        return {};
      case 'block-job-pause':
      case 'block-job-resume':
        this.jobs = this.jobs.map(job =>
          job.device === args['device'] ? {...job, paused: execute === 'block-job-pause'} : job,
        );
        return {};
      case 'blockdev-add':
        this.#wake();
        this.nodes.set(String(args['node-name']), String(args['file']));
        return {};
      case 'blockdev-reopen': {
        const [node] = args['options'] as readonly Args[];
        if (!this.reopens || !node) return undefined;
        this.#wake();
        this.nodes.set(String(node['node-name']), String(node['file']));
        return {};
      }
      case 'blockdev-del':
        return this.remove(String(args['node-name']));
      case 'block-job-set-speed':
        this.speeds.push(args['speed']);
        return {};
      default:
        return undefined;
    }
  }
}

test('a copy gets a throttle between its job and its connection, and then only other limits', async t => {
  const qemu = new Qemu().copy('vda').copy('vdb');
  t.true(await throttleCopies(qemu.link, dom, {bytesPerSecond: 20 * mebibyte, jobs: qemu.jobs}, {}));
  t.is(qemu.nodes.get('migration-vda-format'), 'dr-copy-vda');
  t.is(qemu.nodes.get('dr-copy-vdb'), 'migration-vdb-storage');
  t.deepEqual(qemu.limits, {'iops-total': 20});
  t.true(await throttleCopies(qemu.link, dom, {bytesPerSecond: 1000, jobs: qemu.jobs}, {}));
  t.deepEqual(qemu.limits, {'iops-total': 1}, 'never 0: that would be no limit');
  t.true(await throttleCopies(qemu.link, dom, {bytesPerSecond: undefined, jobs: qemu.jobs}, {}));
  t.deepEqual(qemu.limits, {'iops-total': 0});
});

test('no copy sends anything while its throttle is put in its place, and it goes on afterwards', async t => {
  const qemu = new Qemu().copy('vda').copy('vdb');
  t.true(await setCopySpeed(qemu.link, dom, {bytesPerSecond: 20 * mebibyte}, {}));
  t.is(qemu.surges, 0);
  t.true(qemu.jobs.every(({paused}) => !paused));
});

test('a copy goes on when its throttle is called off half-way, or cannot be had', async t => {
  const qemu = new Qemu().copy('vda');
  const calledOff = new AbortController();
  qemu.onAsked = execute => execute === 'blockdev-reopen' && calledOff.abort();
  await t.throwsAsync(setCopySpeed(qemu.link, dom, {bytesPerSecond: mebibyte}, {signal: calledOff.signal}));
  t.like(qemu.jobs, [{paused: false}]);
  const other = new Qemu().copy('vda');
  other.reopens = false;
  await setCopySpeed(other.link, dom, {bytesPerSecond: mebibyte}, {});
  t.like(other.jobs, [{paused: false}]);
});

test('that one copy cannot be told to go on keeps no other from going on', async t => {
  const qemu = new Qemu().copy('vda').copy('vdb');
  let told = 0;
  qemu.onAsked = execute => {
    if (execute === 'block-job-resume' && (told += 1) === 1) throw new Error('the host fell silent');
  };
  await t.throwsAsync(setCopySpeed(qemu.link, dom, {bytesPerSecond: mebibyte}, {}), {message: /fell silent/u});
  t.like(qemu.jobs, [{paused: true}, {paused: false}]);
});

test('a copy that somebody left paused who was killed goes on with the next word about its speed', async t => {
  const qemu = new Qemu().copy('vda');
  qemu.jobs = qemu.jobs.map(job => ({...job, paused: true}));
  t.true(await setCopySpeed(qemu.link, dom, {bytesPerSecond: undefined}, {}));
  t.like(qemu.jobs, [{paused: false}]);
});

test('where another thread drives the disks, the job is slowed instead', async t => {
  const qemu = new Qemu().copy('vda').copy('vdb');
  qemu.threads = ['iothread1'];
  t.true(await setCopySpeed(qemu.link, dom, {bytesPerSecond: 20 * mebibyte}, {}));
  t.is(qemu.limits, undefined);
  t.deepEqual(qemu.speeds, [10 * mebibyte, 10 * mebibyte]);
});

test('a throttle that cannot be put in its place leaves nothing behind', async t => {
  const qemu = new Qemu().copy('vda');
  qemu.reopens = false;
  t.false(await throttleCopies(qemu.link, dom, {bytesPerSecond: mebibyte, jobs: qemu.jobs}, {}));
  t.deepEqual([...qemu.nodes.keys()], ['migration-vda-storage', 'migration-vda-format']);
  t.is(qemu.limits, undefined);
});

test('nothing is bounded where nothing is copied', async t => {
  const qemu = new Qemu();
  t.false(await setCopySpeed(qemu.link, dom, {bytesPerSecond: mebibyte}, {}));
  t.is(qemu.limits, undefined);
});

test('with a throttle, the job keeps the speed that the move itself was given', async t => {
  const qemu = new Qemu().copy('vda');
  await setCopySpeed(qemu.link, dom, {bytesPerSecond: mebibyte}, {});
  await setCopySpeed(qemu.link, dom, {bytesPerSecond: mebibyte, ownMibPerSecond: 8}, {});
  t.deepEqual(qemu.speeds, [0, 8 * mebibyte]);
});

test('what a failed move leaves is taken away, so that the next one finds its names free', async t => {
  const qemu = new Qemu().copy('vda');
  await throttleCopies(qemu.link, dom, {bytesPerSecond: mebibyte, jobs: qemu.jobs}, {});
  t.false(await dropThrottles(qemu.link, dom, {}), 'not while it copies');
  qemu.fail('vda');
  t.true(qemu.nodes.has('migration-vda-storage'), 'libvirt could not remove it');
  t.true(await dropThrottles(qemu.link, dom, {}));
  t.deepEqual([...qemu.nodes.keys()], []);
  t.false(await dropThrottles(qemu.link, dom, {}), 'nothing is left');
});
