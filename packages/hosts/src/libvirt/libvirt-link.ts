import {
  type ArgsOf,
  type CallName,
  type Connection,
  connectWhenUsed,
  LibvirtError,
  type ReturnsOf,
} from '@dr-toolkit/libvirt';

import {HostError} from '../host-error.ts';
import type {CallOptions} from '../host.ts';
import {libvirtFailure} from './libvirt-failure.ts';

const absent: ReadonlySet<string> = new Set(['DOMAIN_NOT_FOUND', 'VOLUME_NOT_FOUND']);

/** The way to one libvirt daemon, made when first needed and again after it was lost. Errors come out as `HostError`. */
export class LibvirtLink {
  readonly name: string;
  readonly uri: string;
  /** For what `act` and its kin wrap: its errors are libvirt's. */
  readonly connection: Connection;

  constructor(name: string, uri: string) {
    this.name = name;
    this.uri = uri;
    this.connection = connectWhenUsed(uri);
  }

  /** A call by libvirt's own name. */
  call<Name extends CallName>(name: Name, args: ArgsOf<Name>, {signal}: CallOptions = {}): Promise<ReturnsOf<Name>> {
    return this.act(connection => connection.call(name, args, {signal}), {signal});
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

  /** Anything else that a connection can do. */
  async act<T>(work: (connection: Connection) => Promise<T>, {signal}: CallOptions = {}): Promise<T> {
    try {
      return await work(this.connection);
    } catch (error) {
      throw this.failure(error, signal);
    }
  }

  failure(error: unknown, signal?: AbortSignal): unknown {
    return signal?.aborted ? (signal.reason as unknown) : libvirtFailure(error, this.name);
  }

  async close(): Promise<void> {
    await this.connection.close();
  }
}
