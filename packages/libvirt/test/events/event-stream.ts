import test from 'ava';
import {connect, connectWhenUsed} from '../../src/index.ts';
import {nextOf} from '../fixtures/contract/next-of.ts';
import type {FakeDaemon, ReceivedCall} from '../fixtures/fake-daemon.ts';
import {FakeHost} from '../fixtures/fake-host.ts';

const dom = {name: 'db', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 1};
const callbackId = 7;

test('what happens while the list is under way comes after it', async t => {
  const {host, events: listens, lists} = await eventfulHost();
  await using _host = host;
  await using connection = await connect(host.uri);
  await using events = connection.events('lifecycle');
  const [daemon, list] = [await listens.promise, await lists.next()];
  await happens(daemon);
  list.answer();
  t.like(await nextOf(events), {kind: 'listed', reason: 'start'});
  t.like(await nextOf(events), {kind: 'lifecycle', event: 'started'});
});

test('after an overflow the list is asked for again where its connection was lost', async t => {
  const {host, events: listens, lists} = await eventfulHost();
  await using _host = host;
  await using connection = await connect(host.uri);
  await using events = connection.events('lifecycle', {eventsMax: 1});
  const daemon = await listens.promise;
  (await lists.next()).answer();
  t.like(await nextOf(events), {kind: 'listed', reason: 'start'});
  for (let count = 0; count < 3; count++) await happens(daemon);
  const next = nextOf(events);
  (await lists.next()).daemon.hangUp();
  (await lists.next()).answer();
  t.like(await next, {kind: 'listed', reason: 'overflow', dropped: 3});
});

test('a list that is refused after an overflow ends the events', async t => {
  const {host, events: listens, lists} = await eventfulHost();
  await using _host = host;
  await using connection = await connect(host.uri);
  await using events = connection.events('lifecycle', {eventsMax: 1});
  const daemon = await listens.promise;
  (await lists.next()).answer();
  await nextOf(events);
  for (let count = 0; count < 3; count++) await happens(daemon);
  const next = nextOf(events);
  const {daemon: lister, serial} = await lists.next();
  lister.refuse('CONNECT_GET_ALL_DOMAIN_STATS', serial, {code: 1, message: 'too many domains'});
  await t.throwsAsync(next, {message: 'too many domains'});
  t.deepEqual(await events.next(), {done: true, value: undefined});
});

test('a driver that counts nothing has its domains asked one by one', async t => {
  const gone = {name: 'web', uuid: 'b1a7ee3c-5c1b-4f1c-9d6e-0d5b6a5f2c11', id: 2};
  await using host = await FakeHost.up(({name, serial, args}, daemon) => {
    if (name === 'CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY') daemon.reply(name, serial, {callbackId});
    if (name === 'CONNECT_GET_ALL_DOMAIN_STATS') daemon.refuse(name, serial, {code: 3, message: 'not supported'});
    if (name === 'CONNECT_LIST_ALL_DOMAINS') daemon.reply(name, serial, {domains: [dom, gone], ret: 2});
    if (name !== 'DOMAIN_GET_STATE') return;
    if ((args['dom'] as typeof dom).name === gone.name) daemon.refuse(name, serial, {code: 42});
    else daemon.reply(name, serial, {state: 1, reason: 1});
  });
  await using connection = await connect(host.uri);
  await using events = connection.events('lifecycle');
  const listed = await nextOf(events);
  t.like(listed, {kind: 'listed', domains: [{domain: {name: 'db'}, state: {state: 'running', reason: 'booted'}}]});
  t.is(listed.kind === 'listed' && listed.domains?.length, 1);
});

test('a kind of event that there is not is told with those that there are', async t => {
  await using connection = connectWhenUsed('qemu:///system');
  t.throws(() => connection.events('toString' as 'lifecycle'), {message: /no event toString; choose from lifecycle, /});
});

test('events can be left though the daemon has fallen silent', async t => {
  const told = Promise.withResolvers<void>();
  await using host = await FakeHost.up(({name, serial}, daemon) => {
    if (name === 'CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY') daemon.reply(name, serial, {callbackId});
    if (name === 'CONNECT_GET_ALL_DOMAIN_STATS') daemon.reply(name, serial, {retStats: []});
    if (name === 'CONNECT_DOMAIN_EVENT_CALLBACK_DEREGISTER_ANY') told.resolve();
  });
  await using connection = await connect(host.uri, {keepalive: {intervalMs: 0}});
  const events = connection.events('lifecycle');
  await nextOf(events);
  t.deepEqual(await events.return(), {done: true, value: undefined});
  await told.promise;
});

/** A host that tells where events are listened to, and leaves lists to be answered. */
async function eventfulHost() {
  const events = Promise.withResolvers<FakeDaemon>();
  const lists = new Arrivals<{daemon: FakeDaemon; serial: number; answer: () => void}>();
  const host = await FakeHost.up(({name, serial}: ReceivedCall, daemon) => {
    if (name === 'CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY') {
      daemon.reply(name, serial, {callbackId});
      events.resolve(daemon);
    } else if (name === 'CONNECT_DOMAIN_EVENT_CALLBACK_DEREGISTER_ANY') {
      daemon.reply(name, serial, {});
    } else if (name === 'CONNECT_GET_ALL_DOMAIN_STATS') {
      lists.add({daemon, serial, answer: () => daemon.reply(name, serial, {retStats: []})});
    }
  });
  return {host, events, lists};
}

/** Has a domain start, and waits until the client has heard of it. */
async function happens(daemon: FakeDaemon): Promise<void> {
  daemon.event('DOMAIN_EVENT_LIFECYCLE', {callbackId, dom, event: 2, detail: 0});
  daemon.ping();
  await daemon.nextPacket();
}

/** What arrives, in its order, whether somebody waits for it already or not. */
class Arrivals<T> {
  readonly #arrived: T[] = [];
  readonly #waiting: ((item: T) => void)[] = [];

  add(item: T): void {
    const take = this.#waiting.shift();
    if (take === undefined) this.#arrived.push(item);
    else take(item);
  }

  async next(): Promise<T> {
    const item = this.#arrived.shift();
    if (item !== undefined) return item;
    const {promise, resolve} = Promise.withResolvers<T>();
    this.#waiting.push(resolve);
    return promise;
  }
}
