import PQueue from 'p-queue';
import {parseConnectUri, type ConnectUri} from './connect-uri.ts';
import {ConnectionError} from './connection-error.ts';
import {bindsToConnection, longCalls, waitsForGuest} from './long-calls.ts';
import {PackedClients} from './packed-clients.ts';
import type {ArgsOf, CallName, ReturnsOf, StreamName} from './procedures/procedures.ts';
import {RpcClient, type RpcConnectOptions} from './rpc-client.ts';
import type {RpcStream} from './rpc-stream.ts';
import {SharedClient} from './shared-client.ts';

/** What every method takes. A signal that aborts ends the waiting; the README says what the daemon then still does. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Options of a call with flags, each by its name. */
export interface FlagOptions<Flag extends string> extends CallOptions {
  readonly flags?: readonly Flag[] | undefined;
}

export interface LinkOptions extends Omit<RpcConnectOptions, 'signal'> {
  /**
   * How many long calls and calls to guests may be under way at once; more wait. A daemon has 20 workers for
   * all of its clients, and none is left for a look at progress once they are taken. Default 12.
   */
  readonly longCallsMax?: number | undefined;
  /** How long a daemon may take to let us in, in milliseconds. Default 20,000. */
  readonly connectMsMax?: number | undefined;
}

/** Where an object keeps its way to its daemon: for the package itself. */
export const daemonLink = Symbol('daemonLink');

export interface Linked {
  readonly [daemonLink]: DaemonLink;
}

/** How long a connection for long calls is kept for the next one, in milliseconds. */
const idleMs = 5000;

/**
 * The way to one daemon. Short calls share one connection, which is opened again when it was lost; events have one too;
 * every long call and every stream has one for itself; calls to guests share a few.
 */
export class DaemonLink {
  static #links = 0;
  readonly uri: ConnectUri;
  /** Different for each link: who needs places on two of them takes them in this order. */
  readonly order = DaemonLink.#links++;
  readonly #options: Omit<RpcConnectOptions, 'signal'>;
  readonly #connectMsMax: number;
  readonly #longCalls: PQueue;
  readonly #clients = new Set<RpcClient>();
  readonly #idle = new Set<RpcClient>();
  readonly #closing = new AbortController();
  readonly #control = new SharedClient(() => this.#connect());
  readonly #events = new SharedClient(() => this.#connect());
  readonly #guests = new PackedClients({
    open: async () => this.#takeIdle() ?? this.#connect(),
    done: client => this.#keepIdle(client),
  });

  /** Connects. `signal` is for this alone. */
  static async open(uri: string, {signal, ...options}: LinkOptions & CallOptions = {}): Promise<DaemonLink> {
    const link = new DaemonLink(uri, options);
    try {
      await link.#control.get({signal});
    } catch (error) {
      await link.close();
      throw error;
    }
    return link;
  }

  /** Connects when it is first used. */
  constructor(uri: string, {longCallsMax = 12, connectMsMax = 20_000, ...options}: LinkOptions = {}) {
    this.uri = parseConnectUri(uri);
    this.#options = options;
    this.#connectMsMax = connectMsMax;
    this.#longCalls = new PQueue({concurrency: longCallsMax});
  }

  /** The host's name for messages. */
  get host(): string {
    return this.uri.host ?? 'localhost';
  }

  /** Aborts when `close` is called. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Makes a call: a long one on a connection of its own, one to a guest beside others of its kind, any other on the shared one. */
  call<Name extends CallName>(name: Name, args: ArgsOf<Name>, options: CallOptions = {}): Promise<ReturnsOf<Name>> {
    if (this.#sharesState && waitsForGuest(name, args)) {
      const ask = () => this.#guests.run(client => client.call(name, args, options), options);
      return this.#whenAdmitted(ask, options.signal);
    }
    if (longCalls.has(name)) {
      return this.aside(client => client.call(name, args, options), options);
    }
    const client = this.#control.current;
    return client === undefined
      ? this.#callOnceConnected(name, args, options)
      : this.#callOn(client, name, args, options);
  }

  /**
   * Runs `work` on a connection that nobody else uses meanwhile. Only where that succeeds, the connection is used again: what
   * a daemon does for a call that was given up, it may undo when the connection ends.
   */
  async aside<Result>(work: (client: RpcClient) => Promise<Result>, {signal}: CallOptions = {}): Promise<Result> {
    if (!this.#sharesState) {
      return work(await this.#control.get({signal}));
    }
    return this.#whenAdmitted(async () => {
      const client = this.#takeIdle() ?? (await this.#connect(signal));
      try {
        const result = await work(client);
        this.#keepIdle(client);
        return result;
      } catch (error) {
        void client.close();
        throw error;
      }
    }, signal);
  }

  /** Opens a stream on a connection of its own, which closes with it. */
  async openStream<Name extends StreamName>(
    name: Name,
    args: ArgsOf<Name>,
    options: CallOptions = {},
  ): Promise<RpcStream<ReturnsOf<Name>>> {
    if (!this.#sharesState) {
      const shared = await this.#control.get(options);
      return shared.openStream(name, args, options);
    }
    const client = await this.#connect(options.signal);
    try {
      const stream = await client.openStream(name, args, options);
      const close = (): Promise<void> => client.close();
      void stream.done.then(close, close);
      return stream;
    } catch (error) {
      void client.close();
      throw error;
    }
  }

  /** The connection that events come over. */
  eventClient(options: CallOptions = {}): Promise<RpcClient> {
    return (this.#sharesState ? this.#events : this.#control).get(options);
  }

  /** Closes all connections. Whatever waits for an answer rejects. */
  async close(): Promise<void> {
    this.#closing.abort(this.#closedError());
    await Promise.all([...this.#clients].map(client => client.close()));
  }

  /** All connections see one state, except that each one to `test:///some/file.xml` has its own. */
  get #sharesState(): boolean {
    return this.uri.driver !== 'test' || this.uri.name === 'test:///default';
  }

  async #callOnceConnected<Name extends CallName>(
    name: Name,
    args: ArgsOf<Name>,
    options: CallOptions,
  ): Promise<ReturnsOf<Name>> {
    return this.#callOn(await this.#control.get(options), name, args, options);
  }

  #callOn<Name extends CallName>(
    client: RpcClient,
    name: Name,
    args: ArgsOf<Name>,
    options: CallOptions,
  ): Promise<ReturnsOf<Name>> {
    if (bindsToConnection(name, args)) this.#control.keep(client);
    return client.call(name, args, options);
  }

  async #connect(signal?: AbortSignal): Promise<RpcClient> {
    const tooLate = AbortSignal.timeout(this.#connectMsMax);
    const signals = [this.#closing.signal, tooLate, ...(signal === undefined ? [] : [signal])];
    const client = await this.#connectUntil(AbortSignal.any(signals), tooLate);
    this.#clients.add(client);
    void this.#forgetOnceClosed(client);
    if (this.#closing.signal.aborted) {
      await client.close();
      throw this.#closedError();
    }
    return client;
  }

  async #connectUntil(signal: AbortSignal, tooLate: AbortSignal): Promise<RpcClient> {
    try {
      return await RpcClient.connect(this.uri, {...this.#options, signal});
    } catch (error) {
      if (signal.reason !== tooLate.reason || !tooLate.aborted) {
        throw error;
      }
      throw new ConnectionError('CONNECT_FAILED', `${this.host} did not answer within ${this.#connectMsMax} ms`, {
        hint: `Check that ${this.host} is on, and that its libvirt daemon runs.`,
        host: this.host,
        cause: error,
      });
    }
  }

  async #forgetOnceClosed(client: RpcClient): Promise<void> {
    await client.closed;
    this.#clients.delete(client);
    this.#idle.delete(client);
  }

  #takeIdle(): RpcClient | undefined {
    const [client] = this.#idle;
    if (client !== undefined) {
      this.#idle.delete(client);
    }
    return client;
  }

  #keepIdle(client: RpcClient): void {
    // It may have ended meanwhile.
    if (!this.#clients.has(client)) return;
    this.#idle.add(client);
    setTimeout(() => {
      if (this.#idle.delete(client)) {
        void client.close();
      }
    }, idleMs).unref();
  }

  /** The queue drops what still waits when `signal` aborts, but what runs keeps its place until it has ended. */
  async #whenAdmitted<Result>(work: () => Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
    signal?.throwIfAborted();
    const waiting = new AbortController();
    const onAbort = (): void => waiting.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort, {once: true});
    const admitted = (): Promise<Result> => {
      signal?.removeEventListener('abort', onAbort);
      return work();
    };
    return this.#longCalls.add(admitted, {signal: waiting.signal});
  }

  #closedError(): ConnectionError {
    return new ConnectionError('CONNECTION_CLOSED', `The connection to ${this.host} has been closed`, {
      hint: 'Connect again to go on.',
      host: this.host,
    });
  }
}
