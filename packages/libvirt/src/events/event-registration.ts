import {events} from '../procedures/events.ts';
import type {EventName, WireEvent} from '../procedures/procedures.ts';
import type {RpcClient, RpcOptions} from '../rpc-client.ts';
import type {DomainRef} from '../wire/schema.ts';
import {joinRegistration, leaveRegistration, type RegistrationCalls} from './shared-registrations.ts';

/** The registrations of one consumer on one connection; they end with it. */
export class EventRegistration {
  readonly #client: RpcClient;
  /** The callback id of each kind of message. The ids of networks, pools and domains are counted apart. */
  readonly #ids = new Map<EventName, number>();
  /** The shared registrations that this one takes part in, by kind of message. */
  readonly #joined = new Map<EventName, {readonly key: string; readonly calls: RegistrationCalls}>();
  /** Messages that came before the callback id by which they are known. */
  readonly #early: WireEvent[] = [];
  readonly #names: ReadonlySet<EventName>;
  readonly #onEvent: (event: WireEvent) => void;
  readonly #unlisten: () => void;

  /** Listens from now on, but the daemon sends nothing before `register`. */
  constructor(client: RpcClient, names: readonly EventName[], onEvent: (event: WireEvent) => void) {
    this.#client = client;
    this.#names = new Set(names);
    this.#onEvent = onEvent;
    this.#unlisten = client.onEvent(event => this.#hear(event));
  }

  /** Asks for all kinds of messages, about `dom` alone where it is given. */
  async register(dom: DomainRef | undefined, options: RpcOptions): Promise<void> {
    await Promise.all([...this.#names].map(name => this.#registerOne(name, dom ?? null, options)));
  }

  /** Ends the registrations. Never rejects: where the connection is gone, so are they. */
  async deregister(): Promise<void> {
    this.#unlisten();
    await Promise.all([...this.#joined.values()].map(({key, calls}) => leaveRegistration(this.#client, key, calls)));
  }

  #hear(event: WireEvent): void {
    if (!this.#names.has(event.name)) {
      return;
    }
    const id = this.#ids.get(event.name);
    if (id === undefined) {
      this.#early.push(event);
    } else if ('callbackId' in event.payload && event.payload.callbackId === id) {
      this.#onEvent(event);
    }
  }

  async #registerOne(name: EventName, dom: DomainRef | null, {signal}: RpcOptions): Promise<void> {
    signal?.throwIfAborted();
    const key = `${name} ${dom?.uuid ?? ''}`;
    const calls = this.#callsFor(name, dom);
    this.#joined.set(name, {key, calls});
    const joining = joinRegistration(this.#client, key, calls);
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, {once: true});
    try {
      this.#ids.set(name, await Promise.race([joining, aborted.promise]));
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
    for (const event of this.#early.filter(early => early.name === name)) {
      this.#hear(event);
    }
  }

  /** Without a signal: others may wait for the same registration. */
  #callsFor(name: EventName, dom: DomainRef | null): RegistrationCalls {
    const client = this.#client;
    const family = familyOf(name);
    const eventId = events[name].id;
    const asks: Readonly<Record<Family, () => Promise<{callbackId: number}>>> = {
      NETWORK_EVENT: () => client.call('CONNECT_NETWORK_EVENT_REGISTER_ANY', {eventId}),
      STORAGE_POOL_EVENT: () => client.call('CONNECT_STORAGE_POOL_EVENT_REGISTER_ANY', {eventId}),
      SECRET_EVENT: () => client.call('CONNECT_SECRET_EVENT_REGISTER_ANY', {eventId}),
      NODE_DEVICE_EVENT: () => client.call('CONNECT_NODE_DEVICE_EVENT_REGISTER_ANY', {eventId}),
      DOMAIN_MONITOR_EVENT: () => client.call('CONNECT_DOMAIN_MONITOR_EVENT_REGISTER', {dom}),
      DOMAIN_EVENT: () => client.call('CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY', {eventId, dom}),
    };
    return {
      register: asks[family],
      deregister: callbackId => client.call(deregistrations[family], {callbackId}),
    };
  }
}

const deregistrations = {
  DOMAIN_MONITOR_EVENT: 'CONNECT_DOMAIN_MONITOR_EVENT_DEREGISTER',
  DOMAIN_EVENT: 'CONNECT_DOMAIN_EVENT_CALLBACK_DEREGISTER_ANY',
  NETWORK_EVENT: 'CONNECT_NETWORK_EVENT_DEREGISTER_ANY',
  STORAGE_POOL_EVENT: 'CONNECT_STORAGE_POOL_EVENT_DEREGISTER_ANY',
  SECRET_EVENT: 'CONNECT_SECRET_EVENT_DEREGISTER_ANY',
  NODE_DEVICE_EVENT: 'CONNECT_NODE_DEVICE_EVENT_DEREGISTER_ANY',
} as const;

type Family = keyof typeof deregistrations;

function familyOf(name: EventName): Family {
  const family = (Object.keys(deregistrations) as Family[]).find(prefix => name.startsWith(prefix));
  if (family === undefined) {
    throw new TypeError(`There is no registration for ${name}`);
  }
  return family;
}
