import {events} from '../procedures/events.ts';
import type {EventName, WireEvent} from '../procedures/procedures.ts';
import type {RpcClient, RpcOptions} from '../rpc-client.ts';
import type {DomainRef} from '../wire/schema.ts';

/** The registrations of one consumer on one connection; they end with it. */
export class EventRegistration {
  readonly #client: RpcClient;
  /** The callback id of each kind of message. The ids of networks, pools and domains are counted apart. */
  readonly #ids = new Map<EventName, number>();
  /** Messages that overtook the answer which tells whose they are. */
  readonly #early: WireEvent[] = [];
  readonly #names: ReadonlySet<EventName>;
  readonly #onEvent: (event: WireEvent) => void;
  readonly #unlisten: () => void;

  /** Begins to hear; `register` makes the daemon speak. */
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

  /** Asks for them no longer. Never rejects: where the connection is gone, so are the registrations. */
  async deregister(): Promise<void> {
    this.#unlisten();
    await Promise.all([...this.#ids].map(([name, callbackId]) => this.#deregisterOne(name, callbackId)));
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

  async #registerOne(name: EventName, dom: DomainRef | null, options: RpcOptions): Promise<void> {
    const {callbackId} = await this.#askFor(name, dom, options);
    this.#ids.set(name, callbackId);
    for (const event of this.#early.filter(early => early.name === name)) {
      this.#hear(event);
    }
  }

  #askFor(name: EventName, dom: DomainRef | null, options: RpcOptions): Promise<{callbackId: number}> {
    const client = this.#client;
    const eventId = events[name].id;
    const asks: Readonly<Record<Family, () => Promise<{callbackId: number}>>> = {
      NETWORK_EVENT: () => client.call('CONNECT_NETWORK_EVENT_REGISTER_ANY', {eventId}, options),
      STORAGE_POOL_EVENT: () => client.call('CONNECT_STORAGE_POOL_EVENT_REGISTER_ANY', {eventId}, options),
      SECRET_EVENT: () => client.call('CONNECT_SECRET_EVENT_REGISTER_ANY', {eventId}, options),
      NODE_DEVICE_EVENT: () => client.call('CONNECT_NODE_DEVICE_EVENT_REGISTER_ANY', {eventId}, options),
      DOMAIN_MONITOR_EVENT: () => client.call('CONNECT_DOMAIN_MONITOR_EVENT_REGISTER', {dom}, options),
      DOMAIN_EVENT: () => client.call('CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY', {eventId, dom}, options),
    };
    return asks[familyOf(name)]();
  }

  async #deregisterOne(name: EventName, callbackId: number): Promise<void> {
    try {
      await this.#client.call(deregistrations[familyOf(name)], {callbackId});
    } catch {
      // The connection is gone, and the registration with it.
    }
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
