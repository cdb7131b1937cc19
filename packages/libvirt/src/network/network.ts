import type {CallOptions, DaemonLink, FlagOptions} from '../daemon-link.ts';
import {flagBits} from '../flags.ts';
import {affectFlags, type AffectFlag} from '../domain/domain-flags.ts';
import type {NetworkRef} from '../wire/schema.ts';

export const updateCommands = {modify: 1, delete: 2, 'add-last': 3, 'add-first': 4} as const;
export const updateSections = {
  ip: 3,
  'ip-dhcp-host': 4,
  'ip-dhcp-range': 5,
  forward: 6,
  'forward-interface': 7,
  portgroup: 9,
  'dns-host': 10,
  'dns-txt': 11,
  'dns-srv': 12,
} as const;
/** Daemons that answer no to this feature take the two words of an update the other way round. */
const updateHasCorrectOrder = 16;

/** A lease of the network's DHCP server. */
export interface DhcpLease {
  readonly interface: string;
  /** Undefined for a lease without end. */
  readonly expires: Date | undefined;
  readonly family: 'ipv4' | 'ipv6';
  readonly mac: string | undefined;
  readonly address: string;
  readonly prefix: number;
  readonly hostname: string | undefined;
  readonly clientId: string | undefined;
}

/** What to change in a network, and how. */
export interface NetworkUpdate {
  readonly command: keyof typeof updateCommands;
  readonly section: keyof typeof updateSections;
  readonly xml: string;
  /** Which of several parents, counted from 0. Default: the first that fits. */
  readonly parentIndex?: number | undefined;
}

/** A virtual network: a bridge with the DHCP, DNS and firewall rules that belong to it. */
export class Network {
  readonly name: string;
  readonly uuid: string;
  readonly #link: DaemonLink;
  readonly #net: NetworkRef;

  constructor(link: DaemonLink, net: NetworkRef) {
    this.#link = link;
    this.#net = net;
    this.name = net.name;
    this.uuid = net.uuid;
  }

  async xml({flags, signal}: FlagOptions<'inactive'> = {}): Promise<string> {
    const args = {net: this.#net, flags: flagBits({inactive: 1}, flags)};
    const {xml} = await this.#link.call('NETWORK_GET_XML_DESC', args, {signal});
    return xml;
  }

  /** Starts it. */
  async create(options: CallOptions = {}): Promise<void> {
    await this.#link.call('NETWORK_CREATE', {net: this.#net}, options);
  }

  /** Stops it; guests on it lose their link. */
  async destroy(options: CallOptions = {}): Promise<void> {
    await this.#link.call('NETWORK_DESTROY', {net: this.#net}, options);
  }

  async undefine(options: CallOptions = {}): Promise<void> {
    await this.#link.call('NETWORK_UNDEFINE', {net: this.#net}, options);
  }

  async isActive(options: CallOptions = {}): Promise<boolean> {
    const {active} = await this.#link.call('NETWORK_IS_ACTIVE', {net: this.#net}, options);
    return active !== 0;
  }

  async isPersistent(options: CallOptions = {}): Promise<boolean> {
    const {persistent} = await this.#link.call('NETWORK_IS_PERSISTENT', {net: this.#net}, options);
    return persistent !== 0;
  }

  async autostart(options: CallOptions = {}): Promise<boolean> {
    const {autostart} = await this.#link.call('NETWORK_GET_AUTOSTART', {net: this.#net}, options);
    return autostart !== 0;
  }

  async setAutostart(autostart: boolean, options: CallOptions = {}): Promise<void> {
    await this.#link.call('NETWORK_SET_AUTOSTART', {net: this.#net, autostart: Number(autostart)}, options);
  }

  /** @throws {LibvirtError} when the network has none. */
  async bridgeName(options: CallOptions = {}): Promise<string> {
    const {name} = await this.#link.call('NETWORK_GET_BRIDGE_NAME', {net: this.#net}, options);
    return name;
  }

  /** Changes a part of the network, also while it runs: a DHCP host, a DNS name. */
  async update(
    {command, section, xml, parentIndex = -1}: NetworkUpdate,
    {flags, signal}: FlagOptions<AffectFlag> = {},
  ): Promise<void> {
    const {supported} = await this.#link.call('CONNECT_SUPPORTS_FEATURE', {feature: updateHasCorrectOrder}, {signal});
    const words = {command: updateCommands[command], section: updateSections[section]};
    const order = supported === 0 ? {command: words.section, section: words.command} : words;
    const bits = flagBits(affectFlags, flags);
    await this.#link.call('NETWORK_UPDATE', {net: this.#net, ...order, parentIndex, xml, flags: bits}, {signal});
  }

  /** The leases of the network, or of one MAC address. */
  async dhcpLeases({mac, signal}: CallOptions & {readonly mac?: string | undefined} = {}): Promise<DhcpLease[]> {
    const {leases} = await this.#link.call('NETWORK_GET_DHCP_LEASES', {net: this.#net, mac, needResults: 1}, {signal});
    return leases.map(lease => ({
      interface: lease.iface,
      expires: lease.expirytime === 0n ? undefined : new Date(Number(lease.expirytime) * 1000),
      family: lease.type === 0 ? 'ipv4' : 'ipv6',
      mac: lease.mac ?? undefined,
      address: lease.ipaddr,
      prefix: lease.prefix,
      hostname: lease.hostname ?? undefined,
      clientId: lease.clientid ?? undefined,
    }));
  }
}
