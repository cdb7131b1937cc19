import {type ArgsOf, type CallName, LibvirtError, type ReturnsOf, RpcClient} from '@dr-toolkit/libvirt';

import {HostError} from '../host-error.ts';
import type {CallOptions} from '../host.ts';
import {libvirtFailure} from './libvirt-failure.ts';

const connectMs = 20_000;
const absent: ReadonlySet<string> = new Set(['DOMAIN_NOT_FOUND', 'VOLUME_NOT_FOUND']);

/**
 * The way to one libvirt daemon: a connection for short calls that is made when first needed and again after it was
 * lost, and connections of their own for long calls and streams. Errors come out as `HostError`.
 */
export class LibvirtLink {
  readonly name: string;
  readonly uri: string;
  #client: Promise<RpcClient> | undefined;
  readonly #idle: RpcClient[] = [];

  constructor(name: string, uri: string) {
    this.name = name;
    this.uri = uri;
  }

  /** A short call on the shared connection. */
  async call<Name extends CallName>(
    name: Name,
    args: ArgsOf<Name>,
    {signal}: CallOptions = {},
  ): Promise<ReturnsOf<Name>> {
    try {
      const client = await this.#shared(signal);
      return await client.call(name, args, {signal});
    } catch (error) {
      throw this.failure(error, signal);
    }
  }

  /** The same, with `undefined` instead of an error that says there is no such thing. */
  async find<Name extends CallName>(
    name: Name,
    args: ArgsOf<Name>,
    options: CallOptions = {},
  ): Promise<ReturnsOf<Name> | undefined> {
    try {
      return await this.call(name, args, options);
    } catch (error) {
      if (error instanceof HostError && absent.has(error.code)) return undefined;
      throw error;
    }
  }

  /** The same, with `undefined` whatever the daemon's reason: for what is good to know and not decisive. */
  async ask<Name extends CallName>(
    name: Name,
    args: ArgsOf<Name>,
    options: CallOptions = {},
  ): Promise<ReturnsOf<Name> | undefined> {
    try {
      return await this.call(name, args, options);
    } catch (error) {
      if (error instanceof HostError && error.cause instanceof LibvirtError) return undefined;
      throw error;
    }
  }

  /** Lends a connection of its own, for a long call or a stream. It is kept for the next one: through ssh it is dear. */
  async own<T>(act: (client: RpcClient) => Promise<T>, {signal}: CallOptions = {}): Promise<T> {
    try {
      const client = this.#idle.pop() ?? (await this.connect({signal}));
      try {
        const result = await act(client);
        this.#keep(client);
        return result;
      } catch (error) {
        // Refused calls leave it as it was; whatever else happened may still go on in it.
        if (error instanceof LibvirtError && client.callsInFlight === 0) this.#keep(client);
        else await client.close();
        throw error;
      }
    } catch (error) {
      throw this.failure(error, signal);
    }
  }

  /** Lends the shared connection: for a stream of a few bytes. */
  async shared<T>(act: (client: RpcClient) => Promise<T>, {signal}: CallOptions = {}): Promise<T> {
    try {
      return await act(await this.#shared(signal));
    } catch (error) {
      throw this.failure(error, signal);
    }
  }

  async connect({signal}: CallOptions = {}): Promise<RpcClient> {
    const limit = AbortSignal.timeout(connectMs);
    try {
      return await RpcClient.connect(this.uri, {signal: signal ? AbortSignal.any([signal, limit]) : limit});
    } catch (error) {
      if (!limit.aborted || signal?.aborted) throw error;
      throw new HostError('HOST_UNREACHABLE', `${this.name} did not answer within ${connectMs / 1000} s`, {
        host: this.name,
        hint: `See that ${this.name} is on and reachable: ${this.uri}`,
        cause: error,
      });
    }
  }

  failure(error: unknown, signal?: AbortSignal): unknown {
    return signal?.aborted ? (signal.reason as unknown) : libvirtFailure(error, this.name);
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await Promise.all(this.#idle.splice(0).map(idle => idle.close()));
    await client?.then(
      opened => opened.close(),
      () => undefined,
    );
  }

  #shared(signal: AbortSignal | undefined): Promise<RpcClient> {
    signal?.throwIfAborted();
    // One caller's cancel must not spoil the connection of the others.
    this.#client ??= this.#opened();
    return this.#client;
  }

  async #opened(): Promise<RpcClient> {
    try {
      const client = await this.connect();
      void this.#forgetWhenClosed(client);
      return client;
    } catch (error) {
      this.#client = undefined;
      throw error;
    }
  }

  #keep(client: RpcClient): void {
    this.#idle.push(client);
    void this.#dropWhenClosed(client);
  }

  async #dropWhenClosed(client: RpcClient): Promise<void> {
    await client.closed;
    const at = this.#idle.indexOf(client);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  async #forgetWhenClosed(client: RpcClient): Promise<void> {
    await client.closed;
    this.#client = undefined;
  }
}
