import type {Step} from '@dr-toolkit/engine';
import test from 'ava';

import {automaticDiskLanes} from '../src/automatic-lanes.ts';
import {guestXml, TwoHosts, uuidOf} from './fixtures/two-hosts.ts';

const signal = AbortSignal.timeout(60_000);

/** Two hosts, web and mail on the first, and the first's disk lane. */
function scene() {
  const two = new TwoHosts();
  const web = two.alder.add(guestXml('web', {number: 1}));
  const mail = two.alder.add(guestXml('mail', {number: 2}));
  const [lane] = automaticDiskLanes(two.hosts, [
    {host: 'alder', lane: 'host:alder/disk', from: 2},
    {host: 'not-open', lane: 'host:not-open/disk', from: 2},
  ]);
  if (!lane) throw new Error('no lane');
  return {web, mail, lane};
}

function moving(number: number, more: object = {}): Step {
  return {kind: 'move-live', args: {uuid: uuidOf(number), from: 'alder', ...more}} as unknown as Step;
}

test('what guests wait is told from the second look on, and guests on the move do not count', async t => {
  const {web, mail, lane} = scene();
  t.is(await lane.sense([], {signal}), undefined);
  web.diskWait = {requests: 10, waitMs: 9000};
  mail.diskWait = {requests: 10, waitMs: 50};
  t.is(await lane.sense([moving(1)], {signal}), 5);
  t.is(await lane.sense([], {signal}), undefined, 'nobody asked for anything since');
});

test('a move is slowed, and then goes as fast as its own bound allows', async t => {
  const {web, lane} = scene();
  const job = {operation: 'migration-out', elapsedMs: 1, processedBytes: 0, totalBytes: 1, memoryBytes: 0};
  web.job = {...job, bytesPerSecond: 0};
  const step = moving(1, {bandwidthMibPerSecond: 2});
  await lane.setSpeed(step, 1024, {signal});
  t.is(web.moveSpeed, 1024);
  await lane.setSpeed(step, 1024 ** 3, {signal});
  t.is(web.moveSpeed, 2 * 1024 ** 2);
  await lane.setSpeed(step, undefined, {signal});
  t.is(web.moveSpeed, 2 * 1024 ** 2);
  await lane.setSpeed(moving(1), undefined, {signal});
  t.is(web.moveSpeed, undefined);
});
