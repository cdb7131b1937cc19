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

  /** Lends a connection of its own, closed afterwards: for a long call or a stream. */
  async own<T>(act: (client: RpcClient) => Promise<T>, {signal}: CallOptions = {}): Promise<T> {
    try {
      const client = await this.connect({signal});
      try {
        return await act(client);
      } finally {
        await client.close();
      }
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

  async #forgetWhenClosed(client: RpcClient): Promise<void> {
    await client.closed;
    this.#client = undefined;
  }
}
