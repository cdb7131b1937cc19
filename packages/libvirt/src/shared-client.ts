import type {RpcClient, RpcOptions} from './rpc-client.ts';
import {untilAborted} from './until-aborted.ts';

/** Calls that were given up, but which the daemon still works on, until a connection is put aside: half of its places. */
const abandonedCallsMax = 2;
/** How often a connection that was put aside is looked at, in milliseconds, until nobody waits on it any more. */
const retiredPollMs = 1000;

/** One connection that many use: opened when it is first needed, and again when it was lost. */
export class SharedClient {
  readonly #open: () => Promise<RpcClient>;
  /** Those that something depends on: they stay open also when they are put aside. */
  readonly #kept = new WeakSet<RpcClient>();
  #client: RpcClient | undefined;
  #connecting: Promise<RpcClient> | undefined;

  constructor(open: () => Promise<RpcClient>) {
    this.#open = open;
  }

  /** The connection, where there is one and it is fit for use. */
  get current(): RpcClient | undefined {
    if (this.#client !== undefined && this.#client.abandonedCalls >= abandonedCallsMax) {
      if (!this.#kept.has(this.#client)) closeWhenUnused(this.#client);
      this.#client = undefined;
    }
    return this.#client;
  }

  /** The connection, opened where need be. It is everybody's: `signal` ends only the waiting for it. */
  async get({signal}: RpcOptions = {}): Promise<RpcClient> {
    signal?.throwIfAborted();
    if (this.current !== undefined) {
      return this.current;
    }
    this.#connecting ??= this.#connect();
    return untilAborted(this.#connecting, signal);
  }

  /** Leaves it open whatever happens to its calls. */
  keep(client: RpcClient): void {
    this.#kept.add(client);
  }

  async #connect(): Promise<RpcClient> {
    try {
      const client = await this.#open();
      this.#client = client;
      void this.#forgetOnceClosed(client);
      return client;
    } finally {
      this.#connecting = undefined;
    }
  }

  async #forgetOnceClosed(client: RpcClient): Promise<void> {
    await client.closed;
    if (this.#client === client) {
      this.#client = undefined;
    }
  }
}

function closeWhenUnused(client: RpcClient): void {
  const interval = setInterval(() => {
    if (client.callsWaiting === 0 && client.callsInFlight <= client.abandonedCalls) {
      clearInterval(interval);
      void client.close();
    }
  }, retiredPollMs);
  interval.unref();
  void client.closed.then(() => clearInterval(interval));
}
