import {
  daemonLink,
  DaemonLink,
  type CallOptions,
  type FlagOptions,
  type LinkOptions,
  type Linked,
} from './daemon-link.ts';
import {Domains} from './domain/domains.ts';
import type {EventKindName} from './events/event-kinds.ts';
import {EventStream, type EventOptions} from './events/event-stream.ts';
import {flagBits, nameOf, type NameOf} from './flags.ts';
import {HostNode} from './host-node.ts';
import {Networks} from './network/networks.ts';
import {Nwfilters} from './network/nwfilters.ts';
import type {ArgsOf, CallName, ReturnsOf, StreamName} from './procedures/procedures.ts';
import type {RpcClient} from './rpc-client.ts';
import type {RpcStream} from './rpc-stream.ts';
import {Secrets} from './secrets.ts';
import {StoragePools} from './storage/storage-pools.ts';
import {StorageVolumes} from './storage/storage-volumes.ts';

export interface ConnectOptions extends LinkOptions, CallOptions {}

/** The hypervisor that a domain is for. The daemon chooses what is left out. */
export interface HypervisorChoice {
  readonly emulator?: string | undefined;
  readonly arch?: string | undefined;
  readonly machine?: string | undefined;
  readonly virtType?: string | undefined;
}

/** How a host's CPU compares with a wanted one: it lacks something, is the same, or offers more. */
export const cpuComparisons = ['incompatible', 'identical', 'superset'] as const;
export type CpuComparison = NameOf<typeof cpuComparisons>;

export const compareCpuFlags = {'fail-incompatible': 1, 'validate-xml': 2} as const;
export const baselineCpuFlags = {'expand-features': 1, migratable: 2} as const;

/**
 * Connects to the libvirt daemon that `uri` names: `qemu:///system`, `qemu+ssh://root@alder/system`, `test:///default`.
 *
 *     await using connection = await connect('qemu:///system');
 *     for (const domain of await connection.domains.list()) console.log(domain.name);
 *
 * @throws {ConnectionError} when no daemon can be reached or it does not let us in.
 * @throws {LibvirtError} when the daemon cannot open the hypervisor.
 */
export async function connect(uri: string, options: ConnectOptions = {}): Promise<Connection> {
  return new Connection(await DaemonLink.open(uri, options));
}

/** The same, but connects only for the first call. That call rejects when no daemon can be reached. */
export function connectWhenUsed(uri: string, options: LinkOptions = {}): Connection {
  return new Connection(new DaemonLink(uri, options));
}

/**
 * One libvirt daemon and all it manages. Behind it are as many connections as are needed: one for short calls, opened
 * again when it was lost; one for events; and one for each long call and each stream while they last.
 */
export class Connection implements AsyncDisposable, Linked {
  readonly [daemonLink]: DaemonLink;
  readonly domains: Domains;
  readonly networks: Networks;
  readonly node: HostNode;
  readonly nwfilters: Nwfilters;
  readonly pools: StoragePools;
  readonly secrets: Secrets;
  readonly volumes: StorageVolumes;

  /** `connect` makes one. */
  constructor(link: DaemonLink) {
    this[daemonLink] = link;
    this.domains = new Domains(link);
    this.networks = new Networks(link);
    this.node = new HostNode(link);
    this.nwfilters = new Nwfilters(link);
    this.pools = new StoragePools(link);
    this.secrets = new Secrets(link);
    this.volumes = new StorageVolumes(link);
  }

  /** The URI it was made with. */
  get uri(): string {
    return this[daemonLink].uri.uri;
  }

  /** The host of the URI, `localhost` where it names none. */
  get host(): string {
    return this[daemonLink].host;
  }

  /** The name the host itself goes by. */
  async hostname(options: CallOptions = {}): Promise<string> {
    const {hostname} = await this.call('CONNECT_GET_HOSTNAME', {}, options);
    return hostname;
  }

  /** Versions as `9.0.0`, and the hypervisor's type as `QEMU`. */
  async version(options: CallOptions = {}): Promise<{libvirt: string; hypervisor: string; type: string}> {
    const [{libVer}, {hvVer}, {type}] = await Promise.all([
      this.call('CONNECT_GET_LIB_VERSION', {}, options),
      this.call('CONNECT_GET_VERSION', {}, options),
      this.call('CONNECT_GET_TYPE', {}, options),
    ]);
    return {libvirt: versionText(libVer), hypervisor: versionText(hvVer), type};
  }

  /** What the host and its hypervisors can do, as `<capabilities>`. */
  async capabilities(options: CallOptions = {}): Promise<string> {
    const {capabilities} = await this.call('CONNECT_GET_CAPABILITIES', {}, options);
    return capabilities;
  }

  /** What a domain on this host can have, as `<domainCapabilities>`. */
  async domainCapabilities({signal, ...choice}: HypervisorChoice & CallOptions = {}): Promise<string> {
    const {capabilities} = await this.call(
      'CONNECT_GET_DOMAIN_CAPABILITIES',
      {emulatorbin: choice.emulator, arch: choice.arch, machine: choice.machine, virttype: choice.virtType},
      {signal},
    );
    return capabilities;
  }

  /** How the host's CPU compares with the one that `<cpu>` describes. */
  async compareCpu(
    xml: string,
    {flags, signal}: FlagOptions<keyof typeof compareCpuFlags> = {},
  ): Promise<CpuComparison> {
    const args = {xml, flags: flagBits(compareCpuFlags, flags)};
    const {result} = await this.call('CONNECT_COMPARE_CPU', args, {signal});
    return nameOf(cpuComparisons, result);
  }

  /** How the CPU that a hypervisor offers on this host compares with the one that `<cpu>` describes. */
  async compareHypervisorCpu(
    xml: string,
    {flags, signal, ...choice}: HypervisorChoice & FlagOptions<keyof typeof compareCpuFlags> = {},
  ): Promise<CpuComparison> {
    const args = {...hypervisorArgs(choice), xmlCpu: xml, flags: flagBits(compareCpuFlags, flags)};
    const {result} = await this.call('CONNECT_COMPARE_HYPERVISOR_CPU', args, {signal});
    return nameOf(cpuComparisons, result);
  }

  /** The best `<cpu>` that every host can offer, given the `<cpu>` of each. */
  async baselineHypervisorCpu(
    xmls: readonly string[],
    {flags, signal, ...choice}: HypervisorChoice & FlagOptions<keyof typeof baselineCpuFlags> = {},
  ): Promise<string> {
    const args = {...hypervisorArgs(choice), xmlCpus: xmls, flags: flagBits(baselineCpuFlags, flags)};
    const {cpu} = await this.call('CONNECT_BASELINE_HYPERVISOR_CPU', args, {signal});
    return cpu;
  }

  /** The host's SMBIOS tables, as `<sysinfo>`. */
  async sysinfo(options: CallOptions = {}): Promise<string> {
    const {sysinfo} = await this.call('CONNECT_GET_SYSINFO', {}, options);
    return sysinfo;
  }

  /** The definition that a hypervisor's own configuration amounts to. Formats are `qemu-argv`, `xen-xl`, `vmware-vmx`. */
  async domainXmlFromNative(format: string, config: string, options: CallOptions = {}): Promise<string> {
    const args = {nativeFormat: format, nativeConfig: config};
    const {domainXml} = await this.call('CONNECT_DOMAIN_XML_FROM_NATIVE', args, options);
    return domainXml;
  }

  /** The URI the daemon itself gives to this connection. */
  async canonicalUri(options: CallOptions = {}): Promise<string> {
    const {uri} = await this.call('CONNECT_GET_URI', {}, options);
    return uri;
  }

  /**
   * The events of these kinds: see `EventStream` for the lists among them. It listens from now on.
   *
   *     for await (const event of connection.events('lifecycle', {signal})) {
   *       if (event.kind === 'lifecycle') console.log(event.domain.name, event.event, event.detail);
   *     }
   */
  events<Kind extends EventKindName>(kinds: Kind | readonly Kind[], options: EventOptions = {}): EventStream<Kind> {
    const list = typeof kinds === 'string' ? [kinds] : kinds;
    return new EventStream(this[daemonLink], list, options);
  }

  /** Makes any call by libvirt's own name, typed: for what has no method here. */
  call<Name extends CallName>(name: Name, args: ArgsOf<Name>, options: CallOptions = {}): Promise<ReturnsOf<Name>> {
    return this[daemonLink].call(name, args, options);
  }

  /** Opens any stream by libvirt's own name, on a connection of its own that ends with it. */
  openStream<Name extends StreamName>(
    name: Name,
    args: ArgsOf<Name>,
    options: CallOptions = {},
  ): Promise<RpcStream<ReturnsOf<Name>>> {
    return this[daemonLink].openStream(name, args, options);
  }

  /**
   * Runs `work` on a connection that nobody else uses meanwhile; for several streams one after another. One of the
   * `longCallsMax` places is taken for as long.
   */
  aside<Result>(work: (client: RpcClient) => Promise<Result>, options: CallOptions = {}): Promise<Result> {
    return this[daemonLink].aside(work, options);
  }

  /** Closes all that belongs to it. Calls under way reject, events end. */
  async close(): Promise<void> {
    await this[daemonLink].close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function hypervisorArgs({emulator, arch, machine, virtType}: HypervisorChoice): {
  emulator: string | undefined;
  arch: string | undefined;
  machine: string | undefined;
  virttype: string | undefined;
} {
  return {emulator, arch, machine, virttype: virtType};
}

function versionText(version: bigint): string {
  const number = Number(version);
  return [Math.floor(number / 1_000_000), Math.floor(number / 1000) % 1000, number % 1000].join('.');
}
