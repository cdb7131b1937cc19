import {type Claim, withClaim} from '../claim.ts';
import {domainDefinition} from '../domain-definition.ts';
import type {DiskWaits} from '../guest-waits.ts';
import {HostError, type HostErrorCode} from '../host-error.ts';
import type {
  CallOptions,
  CpuVerdict,
  Host,
  JobReading,
  LiveMove,
  LiveMoveResult,
  MigrateOptions,
  NewVolume,
  VolumePiece,
  ReadOptions,
} from '../host.ts';
import type {DomainStanding, DomainState, HostReading, PoolReading} from '../reading.ts';
import type {MoveMishap, SimulatedDomain} from './simulated-domain.ts';
import {SimulatedFiles} from './simulated-files.ts';
import {simulatedDomainReading, simulatedPoolReading} from './simulated-reading.ts';

export interface SimulatedHostSpec extends Partial<
  Pick<HostReading, 'uuid' | 'libvirtVersion' | 'memory' | 'machines' | 'networks' | 'links'>
> {
  readonly name: string;
  readonly pools?: ReadonlyArray<Pick<PoolReading, 'name'> & Partial<PoolReading>>;
  /** How what is copied from it can be bounded. Default: evenly. */
  readonly paces?: 'evenly' | 'coarsely';
}

const gibibyte = 1024 ** 3;
const steps = 4;

/** A host that is only memory: for plans over many hosts, and for faults that no lab can produce. */
export function simulatedHost(spec: SimulatedHostSpec): SimulatedHost {
  return new SimulatedHost(spec);
}

export class SimulatedHost implements Host {
  readonly name: string;
  readonly uri: string;
  readonly domains = new Map<string, SimulatedDomain>();
  readonly files: SimulatedFiles;
  /** Calls that changed something, in order: `define web`. */
  readonly acts: string[] = [];
  reachable: 'yes' | 'no' = 'yes';
  cpu: CpuVerdict = {verdict: 'compatible'};
  mishap: MoveMishap | undefined;
  readonly #spec: SimulatedHostSpec;
  readonly #aborted = new Set<string>();

  constructor(spec: SimulatedHostSpec) {
    this.#spec = spec;
    this.name = spec.name;
    this.uri = `sim://${spec.name}/system`;
    this.files = new SimulatedFiles(spec.name);
  }

  /** Puts a domain there, with files for its disks. */
  add(xml: string, domain: Partial<SimulatedDomain> = {}, diskData: Uint8Array = Buffer.from('data')): SimulatedDomain {
    const {uuid, disks, agentChannel} = domainDefinition(xml);
    const added: SimulatedDomain = {
      xml,
      state: 'running',
      stateReason: 'booted',
      persistent: true,
      autostart: false,
      agent: agentChannel === 'yes' ? 'connected' : 'none',
      addresses: [],
      snapshots: [],
      job: undefined,
      diskWait: {requests: 0, waitMs: 0},
      copySpeed: undefined,
      ...domain,
    };
    this.domains.set(uuid, added);
    for (const {path, format} of disks) {
      if (path === undefined || this.files.find(path)) continue;
      this.files.create({path, format: format === 'qcow2' ? 'qcow2' : 'raw', capacityBytes: gibibyte});
      this.files.write(path, {offset: 0, data: diskData});
    }
    return added;
  }

  async read(options: CallOptions = {}): Promise<HostReading> {
    await this.#answer(options);
    const {name, uuid = `uuid-of-${name}`, libvirtVersion = '10.0.0', links} = this.#spec;
    const {memory = {totalBytes: 64 * gibibyte, freeBytes: 32 * gibibyte}, networks = [], pools = []} = this.#spec;
    const machines = [{virtType: 'kvm', arch: 'x86_64', machines: ['pc', 'pc-q35-7.2', 'q35']}];
    const domains = [...this.domains.values()].map(domain => simulatedDomainReading(domain, this.files));
    return {
      name,
      hostname: name,
      uuid,
      libvirtVersion,
      hypervisor: {type: 'QEMU', version: '8.2.0'},
      arch: 'x86_64',
      cpus: 8,
      memory,
      machines: this.#spec.machines ?? machines,
      pools: pools.map(pool => simulatedPoolReading(pool, this.files)),
      networks,
      ...(links && {links}),
      domains: domains.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    };
  }

  async readDomain(uuid: string, options: CallOptions = {}): Promise<DomainStanding | undefined> {
    await this.#answer(options);
    const domain = this.domains.get(uuid);
    if (!domain) return undefined;
    const {state, stateReason, persistent, autostart, job} = domain;
    return {uuid, state, stateReason, persistent, autostart, ...(job && {job: job.operation})};
  }

  async definition(uuid: string, options: CallOptions): Promise<string> {
    await this.#answer(options);
    return this.#required(uuid).xml;
  }

  async compareCpu(_definition: string, options: CallOptions = {}): Promise<CpuVerdict> {
    await this.#answer(options);
    return this.cpu;
  }

  async findVolume(path: string, options: CallOptions = {}) {
    await this.#answer(options);
    return this.files.find(path);
  }

  async createVolume(volume: NewVolume, options: CallOptions = {}): Promise<void> {
    await this.#act(`create ${volume.path}`, options);
    this.files.create(volume);
  }

  async deleteVolume(path: string, options: CallOptions = {}): Promise<void> {
    await this.#answer(options);
    if (this.files.find(path)) await this.#act(`delete ${path}`, options);
    this.files.delete(path);
  }

  async *readVolume(path: string, options: ReadOptions = {}): AsyncGenerator<VolumePiece> {
    await this.#answer(options);
    yield* this.files.read(path, options.lengthBytes);
  }

  async writeVolume(path: string, pieces: AsyncIterable<VolumePiece>, options: CallOptions = {}): Promise<void> {
    await this.#act(`write ${path}`, options);
    for await (const piece of pieces) {
      options.signal?.throwIfAborted();
      this.files.write(path, piece);
    }
  }

  async migrate(uuid: string, target: Host, move: LiveMove, options: MigrateOptions = {}): Promise<LiveMoveResult> {
    if (!(target instanceof SimulatedHost)) throw new TypeError(`${target.name} is not simulated`);
    const {mishap} = this;
    this.mishap = undefined;
    await this.#act(
      `migrate ${domainDefinition(this.#required(uuid).xml).name} to ${target.name} through ${move.through}`,
      options,
    );
    await target.#answer({});
    if (mishap?.kind === 'peers apart' && move.through === 'daemons') {
      throw this.#error('PEER_UNREACHABLE', `failed to connect to ${target.name}`);
    }
    const moving = this.#move(uuid, target, {move, options, mishap});
    if (mishap?.kind !== 'unseen') return moving;
    void moving;
    throw new HostError('HOST_UNREACHABLE', `${this.name} does not answer`, {
      host: this.name,
      hint: 'See that it is on',
    });
  }

  async job(uuid: string, options: CallOptions = {}): Promise<JobReading | undefined> {
    await this.#answer(options);
    return this.domains.get(uuid)?.job;
  }

  async abortJob(uuid: string, options: CallOptions = {}): Promise<'heard' | 'refused'> {
    await this.#act(`abort ${uuid}`, options);
    if (this.domains.get(uuid)?.job) this.#aborted.add(uuid);
    return 'heard';
  }

  async diskWaits(options: CallOptions = {}): Promise<DiskWaits> {
    await this.#answer(options);
    const running = [...this.domains].filter(([, {state}]) => state === 'running');
    return {
      guests: running.map(([uuid, {xml, diskWait}]) => {
        const none = {requests: 0, waitMs: 0};
        return {uuid, name: domainDefinition(xml).name, reads: none, writes: diskWait, flushes: none};
      }),
    };
  }

  async setCopySpeed(uuid: string, bytesPerSecond: number | undefined, options: CallOptions = {}): Promise<boolean> {
    await this.#answer(options);
    const domain = this.domains.get(uuid);
    if (!domain?.job) return false;
    domain.copySpeed = bytesPerSecond;
    return true;
  }

  async pacesEvenly(options: CallOptions = {}): Promise<boolean> {
    await this.#answer(options);
    return this.#spec.paces !== 'coarsely';
  }

  async setDowntimeMax(uuid: string, _ms: number, options: CallOptions = {}): Promise<boolean> {
    await this.#answer(options);
    return this.domains.get(uuid)?.job !== undefined;
  }

  start(uuid: string, options: CallOptions = {}): Promise<void> {
    return this.#become(uuid, 'start', {state: 'running', stateReason: 'booted'}, options);
  }

  async destroy(uuid: string, options: CallOptions = {}): Promise<void> {
    await this.#become(uuid, 'destroy', {state: 'shutoff', stateReason: 'destroyed'}, options);
    if (!this.#required(uuid).persistent) this.domains.delete(uuid);
  }

  resume(uuid: string, options: CallOptions = {}): Promise<void> {
    return this.#become(uuid, 'resume', {state: 'running', stateReason: 'unpaused'}, options);
  }

  async define(definition: string, options: CallOptions = {}): Promise<void> {
    const {uuid, name} = domainDefinition(definition);
    await this.#act(`define ${name}`, options);
    const there = this.domains.get(uuid);
    if (there) Object.assign(there, {persistent: true, xml: definition});
    else this.add(definition, {state: 'shutoff', stateReason: 'unknown'});
  }

  async undefine(uuid: string, options: CallOptions = {}): Promise<void> {
    await this.#answer(options);
    const domain = this.domains.get(uuid);
    if (!domain) return;
    await this.#act(`undefine ${domainDefinition(domain.xml).name}`, options);
    if (domain.state === 'shutoff') this.domains.delete(uuid);
    else domain.persistent = false;
  }

  async setAutostart(uuid: string, autostart: 'on' | 'off', options: CallOptions = {}): Promise<void> {
    await this.#answer(options);
    this.#required(uuid).autostart = autostart === 'on';
  }

  async readClaim(uuid: string, options: CallOptions = {}): Promise<Claim | undefined> {
    await this.#answer(options);
    const domain = this.domains.get(uuid);
    return domain && domainDefinition(domain.xml).claim;
  }

  async writeClaim(uuid: string, claim: Claim, options: CallOptions = {}): Promise<void> {
    await this.#setClaim(uuid, claim, options);
  }

  async removeClaim(uuid: string, options: CallOptions = {}): Promise<void> {
    await this.#answer(options);
    if (this.domains.has(uuid)) await this.#setClaim(uuid, undefined, options);
  }

  async pingAgent(uuid: string, options: CallOptions = {}): Promise<boolean> {
    await this.#answer(options);
    const domain = this.domains.get(uuid);
    return domain?.state === 'running' && domain.agent === 'connected';
  }

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}

  async #move(
    uuid: string,
    target: SimulatedHost,
    {move, options, mishap}: {move: LiveMove; options: MigrateOptions; mishap: MoveMishap | undefined},
  ): Promise<LiveMoveResult> {
    const domain = this.#required(uuid);
    if (domain.state !== 'running') throw this.#error('NOT_NOW', 'domain is not running');
    const {agent, addresses} = domain;
    target.add(move.definition, {
      state: 'paused',
      stateReason: 'migration',
      persistent: false,
      agent: 'disconnected',
      addresses,
    });
    const totalBytes = gibibyte;
    try {
      for (let step = 0; step <= steps; step += 1) {
        domain.job = {
          operation: 'migration-out',
          elapsedMs: step,
          processedBytes: (totalBytes / steps) * step,
          totalBytes,
          memoryBytes: totalBytes,
          bytesPerSecond: totalBytes,
        };
        options.onProgress?.(domain.job);
        await new Promise(setImmediate);
        if (options.signal?.aborted && mishap?.kind !== 'unseen') throw options.signal.reason;
        if (this.#aborted.delete(uuid)) throw this.#error('ABORTED', 'migration was aborted');
        if (target.reachable === 'no') throw this.#error('FAILED', `lost ${target.name}`);
        if (step === steps / 2 && mishap?.kind === 'event') mishap.act();
        if (step === steps / 2 && mishap?.kind === 'fails') throw this.#error(mishap.code, mishap.message);
        if ((domain.state as DomainState) !== 'running') throw this.#error('NOT_NOW', 'domain is not running');
      }
    } catch (error) {
      domain.job = undefined;
      target.domains.delete(uuid);
      throw error;
    }
    this.#copyDisks(domain.xml, target, move);
    Object.assign(target.#required(uuid), {
      xml: move.persistentDefinition,
      state: 'running',
      stateReason: 'migrated',
      persistent: true,
      agent,
    });
    options.onArrived?.();
    domain.job = undefined;
    Object.assign(domain, {state: 'shutoff', stateReason: 'migrated'});
    if (!domain.persistent) this.domains.delete(uuid);
    return {through: move.through, downtimeMs: 42, copiedBytes: totalBytes};
  }

  #copyDisks(xml: string, target: SimulatedHost, {definition, copiedDisks}: LiveMove): void {
    const places = new Map(domainDefinition(definition).disks.map(disk => [disk.target, disk.path]));
    for (const disk of domainDefinition(xml).disks) {
      const place = places.get(disk.target);
      if (copiedDisks.includes(disk.target) && place !== undefined && disk.path !== undefined)
        target.files.mirror(place, this.files, disk.path);
    }
  }

  async #become(
    uuid: string,
    verb: string,
    state: {state: DomainState; stateReason: string},
    options: CallOptions,
  ): Promise<void> {
    await this.#answer(options);
    const domain = this.#required(uuid);
    await this.#act(`${verb} ${domainDefinition(domain.xml).name}`, options);
    Object.assign(domain, state);
  }

  async #setClaim(uuid: string, claim: Claim | undefined, options: CallOptions): Promise<void> {
    await this.#answer(options);
    const domain = this.#required(uuid);
    if (domain.job) throw this.#error('BUSY', 'cannot acquire state change lock');
    domain.xml = withClaim(domain.xml, claim);
  }

  async #act(what: string, options: CallOptions): Promise<void> {
    await this.#answer(options);
    this.acts.push(what);
  }

  async #answer({signal}: CallOptions): Promise<void> {
    await Promise.resolve();
    signal?.throwIfAborted();
    if (this.reachable === 'no') throw this.#error('HOST_UNREACHABLE', 'does not answer');
  }

  #required(uuid: string): SimulatedDomain {
    const domain = this.domains.get(uuid);
    if (domain) return domain;
    throw this.#error('DOMAIN_NOT_FOUND', `knows no domain ${uuid}`);
  }

  #error(code: HostErrorCode, message: string): HostError {
    return new HostError(code, `${this.name}: ${message}`, {host: this.name, hint: 'See how it is: dr status'});
  }
}
