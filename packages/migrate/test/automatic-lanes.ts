import type {AutomaticLane, Step} from '@dr-toolkit/engine';
import test from 'ava';

import {automaticDiskLanes} from '../src/automatic-lanes.ts';
import {guestXml, TwoHosts, uuidOf} from './fixtures/two-hosts.ts';

const signal = AbortSignal.timeout(60_000);
const mebibyte = 1024 ** 2;

/** Two hosts, web, mail and lists on the first, the disk lanes of both, and the steps that move the three. */
async function scene() {
  const two = new TwoHosts();
  const web = two.alder.add(guestXml('web', {number: 1}));
  const mail = two.alder.add(guestXml('mail', {number: 2}));
  const lists = two.alder.add(guestXml('lists', {number: 3}));
  const {plan} = await two.plan();
  const [lane, other] = automaticDiskLanes(two.hosts, [
    {host: 'alder', lane: 'host:alder/disk', from: 2},
    {host: 'not-open', lane: 'host:not-open/disk', from: 2},
    {host: 'birch', lane: 'host:birch/disk', from: 2},
  ]);
  if (!lane || !other) throw new Error('no lanes');
  const moving = (number: number, more: Readonly<Record<string, number>> = {}): Step => {
    const step = plan?.steps.find(({kind, args}) => kind === 'move-live' && args['uuid'] === uuidOf(number));
    if (!step) throw new Error(`nothing moves domain ${number}`);
    return {...step, args: {...step.args, ...more}};
  };
  return {web, mail, lists, lane, other, moving};
}

/** A job that has copied so much of 100 MiB of disks. */
function job(mib: number, elapsedMs = 1000, memoryBytes = 0) {
  const operation = 'migration-out';
  return {
    operation,
    elapsedMs,
    memoryBytes,
    bytesPerSecond: 0,
    processedBytes: mib * mebibyte,
    totalBytes: 100 * mebibyte + memoryBytes,
  };
}

interface Copied {
  readonly copySpeed: number | undefined;
  job: ReturnType<typeof job> | undefined;
}

/**
 * Copies of 1000 MiB under 48 MiB/s. Each call makes four looks, 400 ms apart, between which every guest is given so many
 * times its bound, and tells what the lane took for their burden, in MiB/s.
 */
function carrying(lane: AutomaticLane, steps: readonly Step[], guests: readonly Copied[]) {
  const carried = guests.map(() => 100);
  let elapsedMs = 1000;
  return async (...times: readonly number[]): Promise<number[]> => {
    const burdens: number[] = [];
    for (let look = 0; look < 4; look += 1) {
      elapsedMs += 400;
      for (const [index, guest] of guests.entries()) {
        const mib = (carried[index] ?? 0) + ((times[index] ?? 1) * 0.4 * (guest.copySpeed ?? 0)) / mebibyte;
        carried[index] = mib;
        guest.job = {...job(mib, elapsedMs), totalBytes: 1000 * mebibyte};
      }
      await lane.setSpeed(steps, 48 * mebibyte, {signal});
      burdens.push((await lane.sense(steps, {signal})).bytesPerSecond / mebibyte);
    }
    await lane.setSpeed(steps, 48 * mebibyte, {signal});
    return burdens;
  };
}

/** The copies of moves have begun a while ago. */
async function seen(lane: AutomaticLane, steps: readonly Step[], ...guests: readonly Copied[]): Promise<void> {
  await lane.setSpeed(steps, 40 * mebibyte, {signal});
  const now = guests.map(guest => guest.job);
  for (const guest of guests) {
    if (!guest.job) continue;
    const {elapsedMs, processedBytes} = guest.job;
    guest.job = {
      ...guest.job,
      elapsedMs: elapsedMs - 2000,
      processedBytes: processedBytes - 2 * (guest.copySpeed ?? 0),
    };
  }
  await lane.sense(steps, {signal});
  for (const [index, guest] of guests.entries()) guest.job = now[index];
  await lane.sense(steps, {signal});
}

test('what guests wait is told from the second look on, and guests on the move do not count', async t => {
  const {web, mail, lane, moving} = await scene();
  t.is((await lane.sense([], {signal})).waitMs, undefined);
  web.diskWait = {requests: 10, waitMs: 9000};
  mail.diskWait = {requests: 10, waitMs: 50};
  t.is((await lane.sense([moving(1)], {signal})).waitMs, 5);
  t.is((await lane.sense([], {signal})).waitMs, undefined, 'nobody asked for anything since');
});

test('what moves carry is told from their jobs, and only while their disks are copied', async t => {
  const {web, mail, lane, moving} = await scene();
  const steps = [moving(1), moving(2)];
  web.job = job(10);
  mail.job = job(100, 1000, mebibyte);
  t.like(await lane.sense(steps, {signal}), {copying: 1, bytesPerSecond: 0});
  web.job = job(30, 1500);
  mail.job = job(101, 1500, mebibyte);
  t.like(await lane.sense(steps, {signal}), {copying: 1, bytesPerSecond: 40 * mebibyte});
});

test('a lane is shared out among its moves, and each keeps to its own bound', async t => {
  const {web, mail, lane, moving} = await scene();
  web.job = job(10);
  mail.job = job(20);
  const steps = [moving(1, {bandwidthMibPerSecond: 8}), moving(2)];
  await seen(lane, steps, web, mail);
  await lane.setSpeed(steps, 60 * mebibyte, {signal});
  await lane.setSpeed(steps, 60 * mebibyte, {signal});
  t.is(web.copySpeed, 8 * mebibyte);
  t.is(mail.copySpeed, 40 * mebibyte);
  await lane.setSpeed([moving(2)], 40 * mebibyte, {signal});
  t.is(mail.copySpeed, 40 * mebibyte);
  await lane.setSpeed([moving(2)], undefined, {signal});
  t.is(mail.copySpeed, undefined);
});

test('a move whose copy was not seen yet begins slowly, and the one that has least left makes room for it', async t => {
  const {web, mail, lane, moving} = await scene();
  web.job = job(10);
  mail.job = {...job(0), totalBytes: 0};
  await seen(lane, [moving(1)], web);
  await lane.setSpeed([moving(1), moving(2)], 40 * mebibyte, {signal});
  t.is(mail.copySpeed, 4 * mebibyte);
  t.is(web.copySpeed, 32 * mebibyte);
  mail.job = job(1);
  await lane.sense([moving(1), moving(2)], {signal});
  await lane.setSpeed([moving(1), moving(2)], 44 * mebibyte, {signal});
  t.is(web.copySpeed, 20 * mebibyte, 'it has least left');
  t.is(mail.copySpeed, 4 * mebibyte, 'one at a time, and the slower first');
  await lane.setSpeed([moving(1), moving(2)], 44 * mebibyte, {signal});
  t.is(mail.copySpeed, 14 * mebibyte);
  mail.job = job(1, 2500);
  await lane.sense([moving(1), moving(2)], {signal});
  await lane.setSpeed([moving(1), moving(2)], 44 * mebibyte, {signal});
  t.is(web.copySpeed, 29 * mebibyte, 'what went out at once has been made up for');
});

test('a copy that is seen to get less than its bound has a higher one', async t => {
  const {web, lane, moving} = await scene();
  web.job = job(0);
  await seen(lane, [moving(1)], web);
  for (let look = 1; look < 14; look += 1) {
    web.job = job(look * 6.4, 1000 + 400 * look);
    await lane.setSpeed([moving(1)], 20 * mebibyte, {signal});
    await lane.sense([moving(1)], {signal});
  }
  t.true((web.copySpeed ?? 0) > 21 * mebibyte && (web.copySpeed ?? 0) <= 25 * mebibyte);
});

test('a bound that hardly changes is not told, even when another lane leaps: each word lets a little through at once', async t => {
  const {web, lane, other, moving} = await scene();
  const steps = [moving(1)];
  web.job = job(10);
  await seen(lane, steps, web);
  await lane.setSpeed(steps, 60 * mebibyte, {signal});
  await other.setSpeed(steps, 100 * mebibyte, {signal});
  t.is(web.copySpeed, 60 * mebibyte);
  await lane.setSpeed(steps, 62 * mebibyte, {signal});
  await other.setSpeed(steps, 200 * mebibyte, {signal});
  t.is(web.copySpeed, 60 * mebibyte);
  await lane.setSpeed(steps, 64 * mebibyte, {signal});
  t.is(web.copySpeed, 64 * mebibyte);
});

test('copies are made quicker one with each look, and slower all at once', async t => {
  const {web, mail, lane, moving} = await scene();
  const speeds = () => [web, mail].map(({copySpeed = 0}) => copySpeed / mebibyte);
  web.job = job(20);
  mail.job = job(10);
  const steps = [moving(1), moving(2)];
  await seen(lane, steps, web, mail);
  await lane.setSpeed(steps, 60 * mebibyte, {signal});
  t.deepEqual(speeds(), [40, 4]);
  await lane.setSpeed(steps, 60 * mebibyte, {signal});
  t.deepEqual(speeds(), [40, 20]);
  await lane.setSpeed(steps, 30 * mebibyte, {signal});
  t.deepEqual(speeds(), [20, 10]);
});

test('a copy that passes holes leaves its part to the others, until it meets data again', async t => {
  const {web, mail, lane, moving} = await scene();
  const carry = carrying(lane, [moving(1), moving(2)], [web, mail]);
  const speeds = () => [web, mail].map(({copySpeed = 0}) => copySpeed / mebibyte);
  await carry(1, 1);
  await carry(1, 1);
  t.deepEqual(speeds(), [32, 16]);
  const inHoles = await carry(4, 1);
  t.deepEqual(speeds(), [8, 48]);
  t.true(
    inHoles.every(burden => burden <= 56),
    'holes are no burden',
  );
  await carry(1, 1);
  t.deepEqual(speeds(), [32, 16]);
});

test('of several copies that pass holes the one that has least left goes ahead, as all may come to data at once', async t => {
  const {web, mail, lists, lane, moving} = await scene();
  const carry = carrying(lane, [moving(1), moving(2), moving(3)], [web, mail, lists]);
  await carry(1, 1, 1);
  await carry(1, 1, 1);
  await carry(4, 1, 4);
  t.deepEqual(
    [web, mail, lists].map(({copySpeed = 0}) => copySpeed / mebibyte),
    [8, 48, 4],
  );
});

test('what a disk bears is remembered apart for what is read from it and what is written to it', async t => {
  const {lane, other, moving} = await scene();
  const names = [lane, other].map(one => one.remembersAs?.([moving(1), moving(2)]));
  t.deepEqual(names, ['host:alder/disk read', 'host:birch/disk written']);
});

test('a move that gives its lane back is bounded no longer', async t => {
  const {web, mail, lane, moving} = await scene();
  web.job = job(10);
  mail.job = job(10);
  await seen(lane, [moving(1), moving(2)], web, mail);
  await lane.setSpeed([moving(1), moving(2)], 40 * mebibyte, {signal});
  t.not(web.copySpeed, undefined);
  await lane.setSpeed([moving(2)], 40 * mebibyte, {signal});
  t.is(web.copySpeed, undefined);
  t.not(mail.copySpeed, undefined);
});

test('of two lanes the narrower counts', async t => {
  const {web, lane, other, moving} = await scene();
  web.job = job(10);
  await seen(lane, [moving(1)], web);
  await lane.setSpeed([moving(1)], 40 * mebibyte, {signal});
  await other.setSpeed([moving(1)], 10 * mebibyte, {signal});
  t.is(web.copySpeed, 10 * mebibyte);
  await other.setSpeed([moving(1)], 90 * mebibyte, {signal});
  t.is(web.copySpeed, 40 * mebibyte);
});

test('no copy is made so slow that it cannot keep up with its guest', async t => {
  const {web, lane, moving} = await scene();
  web.job = job(10);
  await lane.setSpeed([moving(1)], 1024, {signal});
  t.is(web.copySpeed, 4 * mebibyte);
});

test('a copy that nears its end is let go, and the others have its share', async t => {
  const {web, mail, lane, moving} = await scene();
  const steps = [moving(1), moving(2)];
  web.job = job(10);
  mail.job = job(10);
  await seen(lane, steps, web, mail);
  web.job = job(99);
  await lane.sense(steps, {signal});
  await lane.setSpeed(steps, 40 * mebibyte, {signal});
  t.is(web.copySpeed, undefined);
  t.is(mail.copySpeed, 40 * mebibyte);
});

test('a copy that its guest outpaces is let go', async t => {
  const {web, lane, moving} = await scene();
  web.job = job(60);
  for (let look = 0; look < 12; look += 1) {
    await lane.setSpeed([moving(1)], 40 * mebibyte, {signal});
    await lane.sense([moving(1)], {signal});
  }
  await lane.setSpeed([moving(1)], 40 * mebibyte, {signal});
  t.is(web.copySpeed, undefined);
});

test('copies that can only be bounded in steps are said to be, by the host they come from', async t => {
  const two = new TwoHosts({alder: {paces: 'coarsely'}}).with('web');
  const {plan} = await two.plan();
  const moving = plan?.steps.filter(({kind}) => kind === 'move-live') ?? [];
  const [here, there] = automaticDiskLanes(two.hosts, [
    {host: 'alder', lane: 'host:alder/disk', from: 4},
    {host: 'birch', lane: 'host:birch/disk', from: 4},
  ]);
  t.like(await here?.sense([], {signal}), {paced: 'coarsely'});
  t.like(await there?.sense([], {signal}), {paced: 'evenly'});
  t.like(await there?.sense(moving, {signal}), {paced: 'coarsely'});
});
