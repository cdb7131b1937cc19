import {mock} from 'node:test';
import test, {type ExecutionContext} from 'ava';
import {HostError} from '@dr-toolkit/hosts';

import type {DomainMove} from '../src/index.ts';
import {settledWhereabouts, steadyWhereabouts} from '../src/settled-whereabouts.ts';
import {guestXml, TwoHosts, uuidOf} from './fixtures/two-hosts.ts';

const move = {uuid: uuidOf(1), from: 'alder', to: 'birch'} as DomainMove;

/** A domain that runs on its target while its source is still paused for the move. */
function handingOver() {
  const {alder, birch} = new TwoHosts().with('web', {state: 'paused', stateReason: 'migration'});
  birch.add(guestXml('web'), {state: 'running', stateReason: 'migrated'});
  return {source: alder, target: birch};
}

test('a move that hands its domain over is looked at again, until the source has let go', async t => {
  const hosts = handingOver();
  const read = hosts.target.readDomain.bind(hosts.target);
  let looks = 0;
  hosts.target.readDomain = async (...args) => {
    looks += 1;
    const web = hosts.source.domains.get(uuidOf(1));
    if (looks === 2 && web) Object.assign(web, {state: 'shutoff', stateReason: 'migrated'});
    return read(...args);
  };
  // The source is asked before the target: what changes in the second look is seen by the third.
  t.is((await steadyWhereabouts(move, hosts, {pollMs: 1})).at, 'target');
  t.true(looks >= 2);
});

test('hosts that go on contradicting each other are told as they are', async t => {
  const {at, evidence} = await steadyWhereabouts(move, handingOver(), {pollMs: 1, steadyMs: 5});
  t.is(at, 'unclear');
  t.deepEqual(evidence, {alder: 'paused (migration)', birch: 'running (migrated)'});
});

test('a cancel ends the looking', async t => {
  const reason = new Error('enough');
  await t.throwsAsync(steadyWhereabouts(move, handingOver(), {signal: AbortSignal.abort(reason)}));
});

/** A domain on its way, of which nothing has been copied yet; a clock that goes on when it is told to. */
function onItsWay(t: ExecutionContext) {
  const {alder, birch} = new TwoHosts().with('web');
  birch.add(guestXml('web'), {state: 'paused', stateReason: 'migration', persistent: false});
  const [web, there] = [alder.domains.get(uuidOf(1)), birch.domains.get(uuidOf(1))];
  if (!web || !there) throw new Error('no domain');
  const bytes = {processedBytes: 0, totalBytes: 9, memoryBytes: 0, bytesPerSecond: 1};
  const copied = (processedBytes: number) =>
    (web.job = {operation: 'migration-out', elapsedMs: 1, ...bytes, processedBytes});
  copied(0);
  let nowMs = 0;
  const clock = mock.method(performance, 'now', () => nowMs);
  t.teardown(() => clock.mock.restore());
  /** What happens before each look at the source; the last of them ends the move. */
  const looks = (...acts: ReadonlyArray<() => unknown>) => {
    const read = alder.readDomain.bind(alder);
    let look = 0;
    alder.readDomain = async (...args) => {
      acts[look++]?.();
      return read(...args);
    };
  };
  const aborts = () => alder.acts.filter(act => act.startsWith('abort')).length;
  return {
    hosts: {source: alder, target: birch},
    web,
    copied,
    looks,
    aborts,
    pass: (ms: number) => (nowMs += ms),
    arrive: () => {
      Object.assign(web, {state: 'shutoff', stateReason: 'migrated', job: undefined});
      Object.assign(there, {state: 'running', stateReason: 'migrated'});
    },
    stay: () => {
      Object.assign(web, {state: 'running', job: undefined});
      birch.domains.clear();
    },
  };
}

const quick = {pollMs: 1};
const ended = () => ({...quick, signal: AbortSignal.abort(new Error('enough'))});

test.serial('a move whose bytes go on moving is followed to its end, however long it takes', async t => {
  const {hosts, looks, copied, pass, arrive, aborts} = onItsWay(t);
  const seen: number[] = [];
  const step = (bytes: number) => () => {
    pass(10_000);
    copied(bytes);
  };
  looks(step(1), step(2), step(3), step(4), arrive);
  const onProgress = ({processedBytes}: {processedBytes: number}) => seen.push(processedBytes);
  t.is((await settledWhereabouts(move, hosts, {...quick, onProgress})).at, 'target');
  t.deepEqual([seen, aborts()], [[1, 2, 3, 4], 0]);
});

test.serial('one that stands still for long is ended', async t => {
  const {hosts, looks, copied, pass, stay, aborts} = onItsWay(t);
  const still = () => {
    copied(3);
    pass(10_000);
  };
  looks(still, still, still, stay);
  t.is((await settledWhereabouts(move, hosts, quick)).at, 'source');
  t.is(aborts(), 1);
});

test.serial('one that is told to end is told again until it has, and may arrive all the same', async t => {
  const {hosts, looks, copied, arrive, aborts} = onItsWay(t);
  copied(1);
  looks(...[0, 0, 0].map(() => () => {}), arrive);
  t.is((await settledWhereabouts(move, hosts, ended())).at, 'target');
  t.is(aborts(), 3);
});

test.serial('one that has copied nothing is given up only when its abort was heard', async t => {
  const {hosts, aborts} = onItsWay(t);
  const abortJob = hosts.source.abortJob.bind(hosts.source);
  const answers = ['refused', 'refused', 'heard'] as const;
  hosts.source.abortJob = async (...args) => {
    await abortJob(...args);
    return answers[aborts() - 1] ?? 'heard';
  };
  t.is((await settledWhereabouts(move, hosts, ended())).at, 'between');
  t.is(aborts(), 3);
});

test.serial('one whose domain does not run any more on its source is not given up', async t => {
  const {hosts, web, looks, arrive, aborts} = onItsWay(t);
  Object.assign(web, {state: 'paused', stateReason: 'migration'});
  looks(...[0, 0, 0].map(() => () => {}), arrive);
  t.is((await settledWhereabouts(move, hosts, ended())).at, 'target');
  t.is(aborts(), 3);
});

test.serial(
  'hosts that are silent for a moment are asked again, and for a minute in one piece are the answer',
  async t => {
    const {hosts, looks, pass, copied} = onItsWay(t);
    const silent = () => {
      pass(25_000);
      hosts.source.job = () =>
        Promise.reject(new HostError('HOST_UNREACHABLE', 'alder: no', {host: 'alder', hint: ''}));
      throw new HostError('HOST_UNREACHABLE', 'alder: does not answer', {host: 'alder', hint: ''});
    };
    const seen = () => copied(7);
    let looked = 0;
    const counted = [silent, silent, silent, seen, silent, silent, silent, silent, silent].map(act => () => {
      looked += 1;
      act();
    });
    looks(...counted);
    const {at, evidence} = await settledWhereabouts(move, hosts, quick);
    t.deepEqual([at, evidence, looked], ['unclear', {alder: 'alder: does not answer'}, 8]);
  },
);

test.serial('a mistake in the looking is no silence of a host', async t => {
  const {hosts} = onItsWay(t);
  hosts.source.job = () => Promise.reject(new TypeError('a mistake'));
  await t.throwsAsync(settledWhereabouts(move, hosts, quick), {instanceOf: TypeError});
});

test.serial('an abort that takes too long is tried again', async t => {
  const {hosts, looks, copied, stay} = onItsWay(t);
  copied(1);
  let tries = 0;
  hosts.source.abortJob = () => {
    tries += 1;
    return Promise.reject(new DOMException('too long', 'TimeoutError'));
  };
  looks(
    () => {},
    () => {},
    stay,
  );
  t.is((await settledWhereabouts(move, hosts, ended())).at, 'source');
  t.is(tries, 2);
});
