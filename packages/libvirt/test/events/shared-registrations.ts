import test from 'ava';

import {connect, type Connection, type EventStream} from '../../src/index.ts';
import {startLibvirtDaemon, type LibvirtDaemon} from '../fixtures/libvirt-daemon.ts';

let daemon: LibvirtDaemon;
let connection: Connection;

test.before(async () => {
  daemon = await startLibvirtDaemon();
  connection = await connect(daemon.uri('test', '/default'));
});

test.after.always(async () => {
  await connection?.close();
  await daemon?.stop();
});

test.serial('several hear the same kind of event over one connection', async t => {
  await using one = connection.events('lifecycle');
  await using two = connection.events('lifecycle');
  await Promise.all([listed(one), listed(two)]);
  const domain = await connection.domains.lookupByName('test');
  await domain.suspend();
  await domain.resume();
  t.deepEqual(await Promise.all([nextLifecycle(one), nextLifecycle(two)]), ['suspended', 'suspended']);
});

test.serial('who stays hears on when another leaves, and a newcomer hears too', async t => {
  await using stays = connection.events('lifecycle');
  const leaves = connection.events('lifecycle');
  await Promise.all([listed(stays), listed(leaves)]);
  const left = leaves.return();
  await using comes = connection.events('lifecycle');
  await Promise.all([left, listed(comes)]);
  const domain = await connection.domains.lookupByName('test');
  await domain.suspend();
  await domain.resume();
  t.deepEqual(await Promise.all([nextLifecycle(stays), nextLifecycle(comes)]), ['suspended', 'suspended']);
});

test.serial('the last to leave ends it, and the next begins anew at once', async t => {
  for (let round = 0; round < 20; round += 1) {
    const events = connection.events('lifecycle');
    await listed(events);
    void events.return();
  }
  await using again = connection.events('lifecycle');
  await t.notThrowsAsync(listed(again));
});

async function listed(events: EventStream<'lifecycle'>): Promise<void> {
  const {value} = await events.next();
  if (value?.kind !== 'listed') throw new Error(`${value?.kind} instead of a list`);
}

async function nextLifecycle(events: EventStream<'lifecycle'>): Promise<string> {
  for await (const event of events) if (event.kind === 'lifecycle') return event.event;
  throw new Error('no event came');
}
