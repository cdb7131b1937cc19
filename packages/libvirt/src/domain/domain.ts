import type {Duplex, Readable} from 'node:stream';
import {daemonLink, type CallOptions, type DaemonLink, type FlagOptions, type Linked} from '../daemon-link.ts';
import {flagBits, nameOf, type FlagOf} from '../flags.ts';
import {toDuplex, toReadable} from '../stream-adapters.ts';
import type {DomainRef} from '../wire/schema.ts';
import {Checkpoints} from './checkpoints.ts';
import {DomainBackup} from './domain-backup.ts';
import {DomainDisk} from './domain-disk.ts';
import {
  affectFlags,
  consoleFlags,
  createFlags,
  destroyFlags,
  deviceFlags,
  domainXmlFlags,
  memoryFlags,
  saveFlags,
  shutdownFlags,
  undefineFlags,
  vcpuFlags,
  type AffectFlag,
  type ConsoleFlag,
  type CreateFlag,
  type DestroyFlag,
  type DeviceFlag,
  type DomainXmlFlag,
  type MemoryFlag,
  type SaveFlag,
  type ShutdownFlag,
  type UndefineFlag,
  type VcpuFlag,
} from './domain-flags.ts';
import {DomainJob} from './domain-job.ts';
import {domainState, domainStates, type DomainState, type DomainStateName} from './domain-state.ts';
import {GuestAgent} from './guest-agent.ts';
import {migrateManaged} from './managed-migration.ts';
import {metadataTarget, type MetadataName} from './metadata-name.ts';
import type {MigrateOptions} from './migrate-options.ts';
import {migratePeerToPeer} from './perform-migration.ts';
import {Snapshots} from './snapshots.ts';

/** A domain's state and size at one moment. */
export interface DomainInfo {
  readonly state: DomainStateName;
  readonly memoryKibMax: number;
  readonly memoryKib: number;
  readonly vcpus: number;
  /** A bigint: after 104 days of CPU time it no longer fits into a number. */
  readonly cpuTimeNs: bigint;
}

/** The addresses of one interface of a guest. */
export interface InterfaceAddresses {
  readonly name: string;
  readonly mac: string | undefined;
  readonly addresses: readonly {readonly family: 'ipv4' | 'ipv6'; readonly address: string; readonly prefix: number}[];
}

export const addressSources = {lease: 0, agent: 1, arp: 2} as const;
/** Where to ask for addresses: libvirt's own DHCP server, the guest agent, or the host's ARP table. */
export type AddressSource = keyof typeof addressSources;

const humanMonitorCommand = 1;

export const messageKinds = {deprecation: 1, tainting: 2} as const;

/**
 * One virtual machine of a daemon. It is known by its UUID: after it was stopped, started or renamed this is still the
 * same domain. Every method rejects with a `LibvirtError` when the daemon refuses or fails.
 */
export class Domain {
  readonly name: string;
  readonly uuid: string;
  /** The number of the running domain when it was read; undefined while it did not run. */
  readonly id: number | undefined;
  readonly #link: DaemonLink;
  readonly #ref: DomainRef;

  constructor(link: DaemonLink, ref: DomainRef) {
    this.#link = link;
    this.#ref = ref;
    this.name = ref.name;
    this.uuid = ref.uuid;
    this.id = ref.id < 0 ? undefined : ref.id;
  }

  /** How the wire names this domain, for `Connection.call`. */
  get ref(): DomainRef {
    return this.#ref;
  }

  get agent(): GuestAgent {
    return new GuestAgent(this.#link, this.#ref);
  }

  get backup(): DomainBackup {
    return new DomainBackup(this.#link, this.#ref);
  }

  get checkpoints(): Checkpoints {
    return new Checkpoints(this.#link, this.#ref);
  }

  get job(): DomainJob {
    return new DomainJob(this.#link, this.#ref);
  }

  get snapshots(): Snapshots {
    return new Snapshots(this.#link, this.#ref);
  }

  /** One of its disks, by target (`vda`) or by the path of its source. */
  disk(target: string): DomainDisk {
    return new DomainDisk(this.#link, this.#ref, target);
  }

  /** The definition: `inactive` of the next start, `migratable` as another host would take it over. */
  async xml({flags, signal}: FlagOptions<DomainXmlFlag> = {}): Promise<string> {
    const {xml} = await this.#link.call(
      'DOMAIN_GET_XML_DESC',
      {dom: this.#ref, flags: flagBits(domainXmlFlags, flags)},
      {signal},
    );
    return xml;
  }

  async info(options: CallOptions = {}): Promise<DomainInfo> {
    const info = await this.#link.call('DOMAIN_GET_INFO', {dom: this.#ref}, options);
    return {
      state: nameOf(domainStates, info.state),
      memoryKibMax: Number(info.maxMem),
      memoryKib: Number(info.memory),
      vcpus: info.nrVirtCpu,
      cpuTimeNs: info.cpuTime,
    };
  }

  /** What it does and why. Answered even while all ordinary workers of the daemon are busy. */
  async state(options: CallOptions = {}): Promise<DomainState> {
    const {state, reason} = await this.#link.call('DOMAIN_GET_STATE', {dom: this.#ref}, options);
    return domainState(state, reason);
  }

  async isActive(options: CallOptions = {}): Promise<boolean> {
    const {active} = await this.#link.call('DOMAIN_IS_ACTIVE', {dom: this.#ref}, options);
    return active !== 0;
  }

  /** Whether its definition stays when it stops. */
  async isPersistent(options: CallOptions = {}): Promise<boolean> {
    const {persistent} = await this.#link.call('DOMAIN_IS_PERSISTENT', {dom: this.#ref}, options);
    return persistent !== 0;
  }

  async autostart(options: CallOptions = {}): Promise<boolean> {
    const {autostart} = await this.#link.call('DOMAIN_GET_AUTOSTART', {dom: this.#ref}, options);
    return autostart !== 0;
  }

  async setAutostart(autostart: boolean, options: CallOptions = {}): Promise<void> {
    await this.#link.call('DOMAIN_SET_AUTOSTART', {dom: this.#ref, autostart: Number(autostart)}, options);
  }

  /** What libvirt has to say against it, as in `tainted: custom monitor control commands issued`. libvirt 7.1 or later. */
  async messages({flags, signal}: FlagOptions<FlagOf<typeof messageKinds>> = {}): Promise<string[]> {
    const {msgs} = await this.#link.call(
      'DOMAIN_GET_MESSAGES',
      {dom: this.#ref, flags: flagBits(messageKinds, flags)},
      {signal},
    );
    return msgs;
  }

  /** Starts it; returns it with its new id. */
  async create({flags, signal}: FlagOptions<CreateFlag> = {}): Promise<Domain> {
    const {dom} = await this.#link.call(
      'DOMAIN_CREATE_WITH_FLAGS',
      {dom: this.#ref, flags: flagBits(createFlags, flags)},
      {signal},
    );
    return new Domain(this.#link, dom);
  }

  /** Stops its CPUs. */
  async suspend(options: CallOptions = {}): Promise<void> {
    await this.#link.call('DOMAIN_SUSPEND', {dom: this.#ref}, options);
  }

  async resume(options: CallOptions = {}): Promise<void> {
    await this.#link.call('DOMAIN_RESUME', {dom: this.#ref}, options);
  }

  /** Asks the guest to go down, which may take its time or ignore it: watch its state. */
  async shutdown({flags, signal}: FlagOptions<ShutdownFlag> = {}): Promise<void> {
    await this.#link.call('DOMAIN_SHUTDOWN_FLAGS', {dom: this.#ref, flags: flagBits(shutdownFlags, flags)}, {signal});
  }

  /** Asks the guest to start again. */
  async reboot({flags, signal}: FlagOptions<ShutdownFlag> = {}): Promise<void> {
    await this.#link.call('DOMAIN_REBOOT', {dom: this.#ref, flags: flagBits(shutdownFlags, flags)}, {signal});
  }

  /** Presses the reset button. */
  async reset(options: CallOptions = {}): Promise<void> {
    await this.#link.call('DOMAIN_RESET', {dom: this.#ref}, options);
  }

  /** Pulls the plug; `graceful` lets the hypervisor flush, and fails rather than kill it. */
  async destroy({flags, signal}: FlagOptions<DestroyFlag> = {}): Promise<void> {
    await this.#link.call('DOMAIN_DESTROY_FLAGS', {dom: this.#ref, flags: flagBits(destroyFlags, flags)}, {signal});
  }

  /** Removes the definition. What hangs on it must be named, or the daemon refuses: `nvram`, `managed-save`, ... */
  async undefine({flags, signal}: FlagOptions<UndefineFlag> = {}): Promise<void> {
    await this.#link.call('DOMAIN_UNDEFINE_FLAGS', {dom: this.#ref, flags: flagBits(undefineFlags, flags)}, {signal});
  }

  async rename(name: string, options: CallOptions = {}): Promise<Domain> {
    await this.#link.call('DOMAIN_RENAME', {dom: this.#ref, newName: name}, options);
    return new Domain(this.#link, {...this.#ref, name});
  }

  /** Stops it and keeps its memory; the next `create` goes on from there. */
  async managedSave({flags, signal}: FlagOptions<SaveFlag> = {}): Promise<void> {
    await this.#link.call('DOMAIN_MANAGED_SAVE', {dom: this.#ref, flags: flagBits(saveFlags, flags)}, {signal});
  }

  async hasManagedSave(options: CallOptions = {}): Promise<boolean> {
    const {result} = await this.#link.call('DOMAIN_HAS_MANAGED_SAVE_IMAGE', {dom: this.#ref}, options);
    return result !== 0;
  }

  /** Throws the saved memory away: the next start is a boot after a power cut. */
  async removeManagedSave(options: CallOptions = {}): Promise<void> {
    await this.#link.call('DOMAIN_MANAGED_SAVE_REMOVE', {dom: this.#ref}, options);
  }

  /** Stops it and keeps its memory in a file on its host; `domains.restore` goes on from there. */
  async save(
    path: string,
    {xml, flags, signal}: FlagOptions<SaveFlag> & {readonly xml?: string | undefined} = {},
  ): Promise<void> {
    await this.#link.call(
      'DOMAIN_SAVE_FLAGS',
      {dom: this.#ref, to: path, dxml: xml, flags: flagBits(saveFlags, flags)},
      {signal},
    );
  }

  async setMemoryKib(memory: number, {flags, signal}: FlagOptions<MemoryFlag> = {}): Promise<void> {
    await this.#link.call(
      'DOMAIN_SET_MEMORY_FLAGS',
      {dom: this.#ref, memory, flags: flagBits(memoryFlags, flags)},
      {signal},
    );
  }

  async setVcpus(nvcpus: number, {flags, signal}: FlagOptions<VcpuFlag> = {}): Promise<void> {
    await this.#link.call(
      'DOMAIN_SET_VCPUS_FLAGS',
      {dom: this.#ref, nvcpus, flags: flagBits(vcpuFlags, flags)},
      {signal},
    );
  }

  async attachDevice(xml: string, {flags, signal}: FlagOptions<AffectFlag> = {}): Promise<void> {
    await this.#link.call(
      'DOMAIN_ATTACH_DEVICE_FLAGS',
      {dom: this.#ref, xml, flags: flagBits(affectFlags, flags)},
      {signal},
    );
  }

  /** A running guest may take its time, or refuse: the event `device-removed` tells. */
  async detachDevice(xml: string, {flags, signal}: FlagOptions<AffectFlag> = {}): Promise<void> {
    await this.#link.call(
      'DOMAIN_DETACH_DEVICE_FLAGS',
      {dom: this.#ref, xml, flags: flagBits(affectFlags, flags)},
      {signal},
    );
  }

  /** Changes a device in place: another medium in a drive, another network behind an interface. */
  async updateDevice(xml: string, {flags, signal}: FlagOptions<DeviceFlag> = {}): Promise<void> {
    await this.#link.call(
      'DOMAIN_UPDATE_DEVICE_FLAGS',
      {dom: this.#ref, xml, flags: flagBits(deviceFlags, flags)},
      {signal},
    );
  }

  /**
   * Its title, its description, or the metadata element of one XML namespace.
   * @throws {LibvirtError} `NO_DOMAIN_METADATA` when there is none.
   */
  async metadata(what: MetadataName, {flags, signal}: FlagOptions<AffectFlag> = {}): Promise<string> {
    const {type, uri} = metadataTarget(what);
    const {metadata} = await this.#link.call(
      'DOMAIN_GET_METADATA',
      {dom: this.#ref, type, uri, flags: flagBits(affectFlags, flags)},
      {signal},
    );
    return metadata;
  }

  /** Sets it; `null` removes it. An element needs the `prefix` that its namespace is to have in the definition. */
  async setMetadata(
    what: MetadataName,
    value: string | null,
    {prefix, flags, signal}: FlagOptions<AffectFlag> & {readonly prefix?: string | undefined} = {},
  ): Promise<void> {
    const {type, uri} = metadataTarget(what);
    await this.#link.call(
      'DOMAIN_SET_METADATA',
      {dom: this.#ref, type, metadata: value, key: prefix, uri, flags: flagBits(affectFlags, flags)},
      {signal},
    );
  }

  async interfaceAddresses(source: AddressSource = 'lease', options: CallOptions = {}): Promise<InterfaceAddresses[]> {
    const {ifaces} = await this.#link.call(
      'DOMAIN_INTERFACE_ADDRESSES',
      {dom: this.#ref, source: addressSources[source]},
      options,
    );
    return ifaces.map(({name, hwaddr, addrs}) => ({
      name,
      mac: hwaddr ?? undefined,
      addresses: addrs.map(({type, addr, prefix}) => ({family: type === 0 ? 'ipv4' : 'ipv6', address: addr, prefix})),
    }));
  }

  /** Disks that stopped the guest, or that lost a write, by target. */
  async diskErrors(options: CallOptions = {}): Promise<{disk: string; error: 'unspecified' | 'no-space'}[]> {
    const room = {dom: this.#ref, maxerrors: 0};
    const {nerrors} = await this.#link.call('DOMAIN_GET_DISK_ERRORS', room, options);
    if (nerrors === 0) {
      return [];
    }
    const {errors} = await this.#link.call('DOMAIN_GET_DISK_ERRORS', {...room, maxerrors: nerrors}, options);
    return errors.map(({disk, error}) => ({disk, error: error === 2 ? 'no-space' : 'unspecified'}));
  }

  /** Sends `{execute: 'query-status'}` or another QMP command to QEMU and returns what it returned. Taints the domain. */
  async qmp(command: object, options: CallOptions = {}): Promise<unknown> {
    const cmd = JSON.stringify(command);
    const {result} = await this.#link.call('DOMAIN_MONITOR_COMMAND', {dom: this.#ref, cmd}, options);
    const answer = JSON.parse(result) as {readonly return?: unknown; readonly error?: {readonly desc?: string}};
    if (answer.error !== undefined) {
      throw new Error(`QEMU refused ${cmd}: ${answer.error.desc ?? result}`, {cause: answer.error});
    }
    return answer.return;
  }

  /** Sends a command of QEMU's human monitor, as in `info block`, and returns what it printed. Taints the domain. */
  async hmp(command: string, options: CallOptions = {}): Promise<string> {
    const args = {dom: this.#ref, cmd: command, flags: humanMonitorCommand};
    const {result} = await this.#link.call('DOMAIN_MONITOR_COMMAND', args, options);
    return result;
  }

  /** The serial console, or the one of that alias, in both directions. `Duplex.toWeb` makes a web stream of it. */
  async console({
    device,
    flags,
    signal,
  }: FlagOptions<ConsoleFlag> & {readonly device?: string | undefined} = {}): Promise<Duplex> {
    const args = {dom: this.#ref, devName: device, flags: flagBits(consoleFlags, flags)};
    return toDuplex(await this.#link.openStream('DOMAIN_OPEN_CONSOLE', args, {signal}));
  }

  /** A channel device, by its target's name or alias. */
  async channel(name?: string, {signal}: CallOptions = {}): Promise<Duplex> {
    return toDuplex(await this.#link.openStream('DOMAIN_OPEN_CHANNEL', {dom: this.#ref, name}, {signal}));
  }

  /** A picture of the screen: its bytes and their MIME type. */
  async screenshot({screen = 0, signal}: CallOptions & {readonly screen?: number} = {}): Promise<{
    mime: string | undefined;
    stream: Readable;
  }> {
    const stream = await this.#link.openStream('DOMAIN_SCREENSHOT', {dom: this.#ref, screen}, {signal});
    return {mime: stream.returns.mime ?? undefined, stream: toReadable(stream)};
  }

  /**
   * Has this host's daemon move the domain to another one, whose `uri` this host's daemon must be able to reach. Resolves
   * when the domain is there. When `signal` aborts, the job is aborted, and the promise rejects once that has taken
   * effect; a migration that got through all the same resolves. It survives this process and this connection.
   */
  async migrateToUri(uri: string, options: MigrateOptions = {}): Promise<void> {
    await migratePeerToPeer(this.#link, this.#ref, uri, options);
  }

  /**
   * Moves the domain to the host of another connection by talking to both daemons, which need not reach each other; the
   * hypervisors must. Resolves to the domain there. `signal` as in `migrateToUri`; when this process or either connection
   * ends on the way, or is silent for half a minute, the domain goes on where it was.
   * @throws {MigrationError} when the target failed at the very end, or it is unknown which host has the domain.
   */
  async migrateTo(target: Linked, options: MigrateOptions = {}): Promise<Domain> {
    const there = target[daemonLink];
    return new Domain(there, await migrateManaged(this.#link, this.#ref, there, options));
  }
}
