import {callsInFlightMax} from './call-queue.ts';
import type {RpcClient, RpcOptions} from './rpc-client.ts';
import {untilAborted} from './until-aborted.ts';

export interface PackedClientsOptions {
  /** A connection that nobody else uses. */
  open(): Promise<RpcClient>;
  /** Takes it back once no call is left on it. */
  done(client: RpcClient): void;
}

/** A connection with the calls that have a place on it. */
interface Pack {
  readonly opening: Promise<RpcClient>;
  client: RpcClient | undefined;
  calls: number;
}

/** Connections that carry as many calls each as a daemon takes at once; another one is opened only when all are full. */
export class PackedClients {
  readonly #options: PackedClientsOptions;
  readonly #packs = new Set<Pack>();

  constructor(options: PackedClientsOptions) {
    this.#options = options;
  }

  /** Runs `work`, which makes one call, on a connection. `signal` ends only the waiting for it: others may wait, too. */
  async run<Result>(work: (client: RpcClient) => Promise<Result>, {signal}: RpcOptions = {}): Promise<Result> {
    signal?.throwIfAborted();
    const pack = [...this.#packs].find(hasRoom) ?? this.#open();
    pack.calls += 1;
    try {
      return await work(await untilAborted(pack.opening, signal));
    } finally {
      pack.calls -= 1;
      if (pack.calls === 0) this.#end(pack);
    }
  }

  #open(): Pack {
    const pack: Pack = {opening: this.#options.open(), client: undefined, calls: 0};
    this.#packs.add(pack);
    void this.#follow(pack);
    return pack;
  }

  async #follow(pack: Pack): Promise<void> {
    try {
      pack.client = await pack.opening;
      if (!this.#packs.has(pack)) this.#giveBack(pack.client);
      await pack.client.closed;
    } catch {
      // Whoever waits for it is told.
    }
    this.#packs.delete(pack);
  }

  #end(pack: Pack): void {
    this.#packs.delete(pack);
    if (pack.client !== undefined) this.#giveBack(pack.client);
  }

  /** A daemon may still work on calls that were given up: they would take the next ones' places. */
  #giveBack(client: RpcClient): void {
    if (client.callsInFlight === 0) this.#options.done(client);
    else void client.close();
  }
}

function hasRoom({calls, client}: Pack): boolean {
  return Math.max(calls, client?.callsInFlight ?? 0) < callsInFlightMax;
}
