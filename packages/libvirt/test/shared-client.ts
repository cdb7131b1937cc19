import test from 'ava';
import {RpcClient} from '../src/rpc-client.ts';
import {SharedClient} from '../src/shared-client.ts';
import {FakeDaemon} from './fixtures/fake-daemon.ts';

test('a connection whose calls were given up is closed, but not one that something depends on', async t => {
  // Looking whether it is still used keeps no process alive, and so no test.
  const alive = setInterval(() => {}, 60_000);
  t.teardown(() => clearInterval(alive));
  const shared = new SharedClient(async () => {
    const daemon = new FakeDaemon();
    void hangUpWhenLeft(daemon);
    return new RpcClient(daemon.transport, {keepalive: {intervalMs: 0}});
  });
  const kept = await shared.get();
  shared.keep(kept);
  await giveUpCalls(kept);
  const other = await shared.get();
  t.not(other, kept);
  await giveUpCalls(other);
  t.not(await shared.get(), other);
  t.is(await other.closed, undefined);
  t.is(await Promise.race([kept.closed, Promise.resolve('open')]), 'open');
});

async function giveUpCalls(client: RpcClient): Promise<void> {
  const stop = new AbortController();
  const calls = [1, 2].map(() => client.call('CONNECT_GET_HOSTNAME', {}, {signal: stop.signal}));
  stop.abort();
  await Promise.allSettled(calls);
}

async function hangUpWhenLeft(daemon: FakeDaemon): Promise<void> {
  while ((await daemon.nextCall()).name !== 'CONNECT_CLOSE');
  daemon.hangUp();
}
