import {setImmediate as turn} from 'node:timers/promises';
import test from 'ava';
import {RpcClient} from '../src/rpc-client.ts';
import {programs} from '../src/wire/frame.ts';
import {FakeDaemon} from './fixtures/fake-daemon.ts';

/** A client whose clock stands still until `tick` is called: five seconds each. */
function connected({deadAfterMs}: {readonly deadAfterMs?: number} = {}): {
  daemon: FakeDaemon;
  client: RpcClient;
  tick: () => Promise<void>;
  running: () => boolean;
} {
  const daemon = new FakeDaemon();
  let onTick: (() => void) | undefined;
  const every = (_ms: number, act: () => void): (() => void) => {
    onTick = act;
    return () => {
      onTick = undefined;
    };
  };
  const client = new RpcClient(daemon.transport, {
    host: 'alder',
    keepalive: {every, ...(deadAfterMs !== undefined && {deadAfterMs})},
  });
  return {
    daemon,
    client,
    running: () => onTick !== undefined,
    async tick() {
      onTick?.();
      await turn();
    },
  };
}

test('a daemon that is silent is asked whether it lives', async t => {
  const {daemon, tick} = connected();
  await tick();
  t.is(daemon.packets.length, 0);
  await tick();
  const {program, procedure, type, serial} = await daemon.nextPacket();
  t.deepEqual([program, procedure, type, serial], [programs.keepalive, 1, 2, 0]);
});

test('a daemon that says something is not asked', async t => {
  const {daemon, tick} = connected();
  for (let round = 0; round < 20; round++) {
    daemon.ping();
    await turn();
    await tick();
  }
  const asked = daemon.packets.filter(({procedure}) => procedure === 1);
  t.is(asked.length, 0);
});

test('pings of the daemon are answered', async t => {
  const {daemon} = connected();
  daemon.ping();
  const {program, procedure, type} = await daemon.nextPacket();
  t.deepEqual([program, procedure, type], [programs.keepalive, 2, 2]);
});

test('a daemon that stays silent for 30 seconds is dead, and every call with it', async t => {
  const {client, tick, running} = connected();
  const asking = client.call('CONNECT_GET_HOSTNAME', {});
  for (let ticks = 0; ticks < 6; ticks++) {
    await tick();
    t.true(running());
  }
  await tick();
  await t.throwsAsync(asking, {code: 'KEEPALIVE_TIMEOUT', message: /alder .*silent for 30 s/});
  t.like(await client.closed, {code: 'KEEPALIVE_TIMEOUT'});
  t.false(running());
});

test('a daemon that has little time is asked all the same', async t => {
  const {daemon, client, tick} = connected({deadAfterMs: 1000});
  await tick();
  await tick();
  t.is((await daemon.nextPacket()).procedure, 1);
  await tick();
  t.like(await client.closed, {code: 'KEEPALIVE_TIMEOUT'});
});

test('a daemon that answers late is alive', async t => {
  const {daemon, client, tick} = connected();
  for (let ticks = 0; ticks < 6; ticks++) {
    await tick();
  }
  daemon.ping();
  await turn();
  for (let ticks = 0; ticks < 6; ticks++) {
    await tick();
  }
  t.is(client.callsInFlight, 0);
  const asking = client.call('CONNECT_GET_HOSTNAME', {});
  daemon.reply('CONNECT_GET_HOSTNAME', (await daemon.nextCall()).serial, {hostname: 'alder'});
  t.deepEqual(await asking, {hostname: 'alder'});
});

test('while nobody reads a stream, silence is no sign of death', async t => {
  const {daemon, client, tick, running} = connected();
  const opening = client.openStream('STORAGE_VOL_DOWNLOAD', {
    vol: {pool: 'p', name: 'v', key: 'k'},
    offset: 0,
    length: 0,
  });
  const {serial} = await daemon.nextCall();
  daemon.reply('STORAGE_VOL_DOWNLOAD', serial, {});
  const stream = await opening;
  for (let packets = 0; packets < 32; packets++) {
    daemon.packet('STORAGE_VOL_DOWNLOAD', serial, 2, new Uint8Array(262_120));
  }
  await turn();
  for (let ticks = 0; ticks < 20; ticks++) {
    await tick();
  }
  t.true(running());
  t.is((await stream.read())?.kind, 'data');
});
