import {setTimeout as sleep} from 'node:timers/promises';
import {ConnectionError} from '../connection-error.ts';
import type {CallOptions, DaemonLink} from '../daemon-link.ts';
import type {Domain} from '../domain/domain.ts';
import type {RpcClient} from '../rpc-client.ts';
import {EventBuffer} from './event-buffer.ts';
import {eventKinds, readEvent, type EventKindName, type EventOf} from './event-kinds.ts';
import {listFor, type EventListing} from './event-listing.ts';
import {EventRegistration} from './event-registration.ts';

/** How long to wait before a connection is tried again, in milliseconds: doubled each time, up to the second. */
const firstRetryMs = 250;
const retryMsMax = 30_000;

export interface EventOptions extends CallOptions {
  /** Only events of this domain. */
  readonly domain?: Domain | undefined;
  /** How many events may wait for their consumer. Default 1024. */
  readonly eventsMax?: number | undefined;
}

/**
 * Everything there is, at a moment from which on no event is missed: at the start, after the connection was lost, and
 * after `dropped` events found no room.
 */
export interface ListedEvent extends EventListing {
  readonly kind: 'listed';
  readonly reason: 'start' | 'reconnected' | 'overflow';
  readonly dropped: number;
}

/** The connection was lost, and is being tried again. A `listed` follows when that succeeds. */
export interface DisconnectedEvent {
  readonly kind: 'disconnected';
  readonly error: ConnectionError;
}

/** What `Connection.events` yields. */
export type ConnectionEvent<Kind extends EventKindName = EventKindName> =
  | EventOf<Kind>
  | ListedEvent
  | DisconnectedEvent;

/**
 * The events of a daemon. It listens from the moment it is made until it is left, closed, or the connection is closed.
 * The first event is a list, and a new list follows wherever events may have been missed, so that what was listed last,
 * changed by the events since, is always what there is.
 */
export class EventStream<Kind extends EventKindName>
  implements AsyncIterableIterator<ConnectionEvent<Kind>, undefined, undefined>, AsyncDisposable
{
  readonly #link: DaemonLink;
  readonly #kinds: readonly Kind[];
  readonly #domain: Domain | undefined;
  readonly #buffer: EventBuffer<ConnectionEvent<Kind>>;
  readonly #stop = new AbortController();
  readonly #stopped: Promise<void>;
  readonly #unlisten: () => void;
  /** Whether events come in: not before the first list, nor while the connection is lost. A list follows then anyway. */
  #listening = false;

  /** @throws {TypeError} for a kind that there is not. */
  constructor(link: DaemonLink, kinds: readonly Kind[], {domain, eventsMax = 1024, signal}: EventOptions) {
    const unknown = kinds.find(kind => !Object.hasOwn(eventKinds, kind));
    if (unknown !== undefined) {
      throw new TypeError(`There is no event ${unknown}; choose from ${Object.keys(eventKinds).join(', ')}`);
    }
    this.#link = link;
    this.#kinds = kinds;
    this.#domain = domain;
    this.#buffer = new EventBuffer(eventsMax);
    const onAbort = (): void => this.#end(signal?.reason as Error);
    const onClose = (): void => this.#end();
    signal?.addEventListener('abort', onAbort, {once: true});
    link.closing.addEventListener('abort', onClose, {once: true});
    this.#unlisten = () => {
      signal?.removeEventListener('abort', onAbort);
      link.closing.removeEventListener('abort', onClose);
    };
    if (signal?.aborted === true) {
      onAbort();
    } else if (link.closing.aborted) {
      onClose();
    }
    this.#stopped = this.#run();
  }

  /** @throws the reason of the signal when that has aborted, and whatever stood in the way at the start. */
  async next(): Promise<IteratorResult<ConnectionEvent<Kind>, undefined>> {
    for (;;) {
      const event = await this.#buffer.next();
      if (event === undefined) {
        return {done: true, value: undefined};
      }
      if (event !== 'overflow') {
        return {done: false, value: event};
      }
      const listed = await this.#listAfterOverflow();
      if (listed !== undefined) {
        return {done: false, value: listed};
      }
    }
  }

  /** Listens no longer. */
  async return(): Promise<IteratorResult<ConnectionEvent<Kind>, undefined>> {
    this.#end();
    await this.#stopped;
    return {done: true, value: undefined};
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #end(error?: Error): void {
    this.#buffer.abort(error);
    this.#stop.abort();
    this.#unlisten();
  }

  /** Listens over one connection after the other. What stands in the way of the first ends it; later, it tries again. */
  async #run(): Promise<void> {
    const {signal} = this.#stop;
    let reason: 'start' | 'reconnected' = 'start';
    let retryMs = firstRetryMs;
    while (!signal.aborted) {
      try {
        const client = await this.#link.eventClient({signal});
        await this.#listen(client, reason, () => {
          reason = 'reconnected';
          retryMs = firstRetryMs;
        });
      } catch (error) {
        if (reason === 'start') {
          this.#buffer.end(error as Error);
          this.#unlisten();
          return;
        }
        await sleep(retryMs, undefined, {signal}).catch(() => {});
        retryMs = Math.min(retryMs * 2, retryMsMax);
      }
    }
  }

  /** Resolves when the connection has ended. */
  async #listen(client: RpcClient, reason: 'start' | 'reconnected', onListed: () => void): Promise<void> {
    const {signal} = this.#stop;
    const kindOf = new Map(this.#kinds.map(kind => [eventKinds[kind].message as string, kind]));
    const names = this.#kinds.map(kind => eventKinds[kind].message);
    // The list comes over another connection: what is told meanwhile may be newer than it, and must come after it.
    const early: ConnectionEvent<Kind>[] = [];
    const registration = new EventRegistration(client, names, ({name, payload}) => {
      const kind = kindOf.get(name);
      if (kind !== undefined) {
        const event = readEvent(kind, payload, this.#link);
        if (this.#listening) this.#buffer.push(event);
        else early.push(event);
      }
    });
    try {
      // First register, then list: what happens in between comes twice rather than never.
      await registration.register(this.#domain?.ref, {signal});
      for (const event of [await this.#list(reason, 0), ...early]) this.#buffer.push(event);
      this.#listening = true;
      onListed();
      const stopped = Promise.withResolvers<undefined>();
      signal.addEventListener('abort', () => stopped.resolve(undefined), {once: true});
      const error = await Promise.race([client.closed, stopped.promise]);
      this.#listening = false;
      if (error !== undefined) {
        this.#buffer.push({kind: 'disconnected', error});
      }
    } finally {
      // The daemon is told so, but nobody waits until it has heard: it may be the one that does not answer.
      void registration.deregister();
    }
  }

  async #list(reason: ListedEvent['reason'], dropped: number): Promise<ListedEvent> {
    const listing = await listFor(this.#kinds, this.#domain, this.#link, {signal: this.#stop.signal});
    return {kind: 'listed', reason, dropped, ...listing};
  }

  /**
   * Lists come over another connection than events, which may be lost alone: then it is tried until it succeeds. Nothing
   * once that of the events is lost, too: the list that follows its return will do.
   */
  async #listAfterOverflow(): Promise<ListedEvent | undefined> {
    const {signal} = this.#stop;
    const dropped = this.#buffer.recover();
    for (let retryMs = firstRetryMs; this.#listening; retryMs = Math.min(retryMs * 2, retryMsMax)) {
      try {
        return await this.#list('overflow', dropped);
      } catch (error) {
        if (!(error instanceof ConnectionError) && !signal.aborted) {
          this.#end();
          throw error;
        }
        await sleep(retryMs, undefined, {signal}).catch(() => {});
      }
    }
    return undefined;
  }
}
