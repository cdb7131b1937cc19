import test from 'ava';
import {PackedClients} from '../src/packed-clients.ts';
import {RpcClient} from '../src/rpc-client.ts';
import {FakeDaemon, wireError} from './fixtures/fake-daemon.ts';

/** Connections to daemons that answer nothing by themselves, and what became of the connections. */
function packed() {
  const daemons: FakeDaemon[] = [];
  const done: RpcClient[] = [];
  const clients = new PackedClients({
    async open() {
      const daemon = new FakeDaemon();
      daemons.push(daemon);
      return new RpcClient(daemon.transport);
    },
    done: client => void done.push(client),
  });
  return {daemons, done, ask: (signal?: AbortSignal) => clients.run(client => type(client, signal), {signal})};
}

const type = (client: RpcClient, signal: AbortSignal | undefined) => client.call('CONNECT_GET_TYPE', {}, {signal});

test('four calls share a connection, and the fifth has another', async t => {
  const {daemons, done, ask} = packed();
  const asked = Array.from({length: 5}, () => ask());
  await first(daemons);
  for (const index of [0, 0, 0, 0, 1]) await answer(daemons[index]);
  t.deepEqual(
    await Promise.all(asked),
    Array.from({length: 5}, () => ({type: 'QEMU'})),
  );
  t.is(daemons.length, 2);
  t.is(done.length, 2);
});

test('a call that fails is no fault of the others', async t => {
  const {daemons, done, ask} = packed();
  const [failing, other] = [ask(), ask()];
  const daemon = await first(daemons);
  daemon.refuse(
    'CONNECT_GET_TYPE',
    (await daemon.nextCall()).serial,
    wireError({message: 'the agent does not answer'}),
  );
  await t.throwsAsync(failing, {message: /does not answer/u});
  await answer(daemon);
  t.deepEqual(await other, {type: 'QEMU'});
  t.is(done.length, 1);
});

test('a connection whose daemon works on a call that was given up is not given to others', async t => {
  const {daemons, done, ask} = packed();
  const stop = new AbortController();
  const asked = ask(stop.signal);
  const daemon = await first(daemons);
  await daemon.nextCall();
  stop.abort(new Error('enough'));
  await t.throwsAsync(asked, {message: 'enough'});
  t.is(done.length, 0);
});

test('a connection that cannot be opened fails those who wait for it, and the next one tries anew', async t => {
  let tries = 0;
  const clients = new PackedClients({
    async open() {
      tries += 1;
      throw new Error('nobody there');
    },
    done: () => t.fail(),
  });
  const run = () => clients.run(client => type(client, undefined));
  const failed = await Promise.allSettled([run(), run()]);
  t.deepEqual(
    failed.map(({status}) => status),
    ['rejected', 'rejected'],
  );
  t.is(tries, 1);
  await t.throwsAsync(run(), {message: 'nobody there'});
  t.is(tries, 2);
});

async function first(daemons: readonly FakeDaemon[]): Promise<FakeDaemon> {
  await Promise.resolve();
  const [daemon] = daemons;
  if (daemon === undefined) throw new Error('No connection was opened');
  return daemon;
}

async function answer(daemon: FakeDaemon | undefined): Promise<void> {
  const call = await daemon?.nextCall();
  if (call !== undefined) daemon?.reply('CONNECT_GET_TYPE', call.serial, {type: 'QEMU'});
}
