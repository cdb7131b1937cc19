import type {CallOptions, DaemonLink, FlagOptions} from '../daemon-link.ts';
import {flagBits, type FlagOf} from '../flags.ts';
import {Network} from './network.ts';

export const listNetworksFlags = {
  inactive: 1,
  active: 2,
  persistent: 4,
  transient: 8,
  autostart: 16,
  'no-autostart': 32,
} as const;
export type ListNetworksFlag = FlagOf<typeof listNetworksFlags>;

/** All virtual networks of a daemon. */
export class Networks {
  readonly #link: DaemonLink;

  constructor(link: DaemonLink) {
    this.#link = link;
  }

  async list({flags, signal}: FlagOptions<ListNetworksFlag> = {}): Promise<Network[]> {
    const args = {needResults: 1, flags: flagBits(listNetworksFlags, flags)};
    const {nets} = await this.#link.call('CONNECT_LIST_ALL_NETWORKS', args, {signal});
    return nets.map(net => new Network(this.#link, net));
  }

  /** @throws {LibvirtError} `NO_NETWORK`. */
  async lookupByName(name: string, options: CallOptions = {}): Promise<Network> {
    const {net} = await this.#link.call('NETWORK_LOOKUP_BY_NAME', {name}, options);
    return new Network(this.#link, net);
  }

  /** @throws {LibvirtError} `NO_NETWORK`. */
  async lookupByUuid(uuid: string, options: CallOptions = {}): Promise<Network> {
    const {net} = await this.#link.call('NETWORK_LOOKUP_BY_UUID', {uuid}, options);
    return new Network(this.#link, net);
  }

  /** Defines a network, or changes the definition of the one with the same UUID. */
  async define(xml: string, options: CallOptions = {}): Promise<Network> {
    const {net} = await this.#link.call('NETWORK_DEFINE_XML', {xml}, options);
    return new Network(this.#link, net);
  }

  /** Starts a network that is gone when it stops. */
  async create(xml: string, options: CallOptions = {}): Promise<Network> {
    const {net} = await this.#link.call('NETWORK_CREATE_XML', {xml}, options);
    return new Network(this.#link, net);
  }
}
