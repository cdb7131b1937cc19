import {LibvirtError} from '@dr-toolkit/libvirt';

import type {Claim} from '../claim.ts';
import type {DiskWaits} from '../guest-waits.ts';
import {HostError} from '../host-error.ts';
import type {
  CallOptions,
  CopySpeedOptions,
  CpuVerdict,
  Host,
  JobReading,
  LiveMove,
  LiveMoveResult,
  MigrateOptions,
  NewVolume,
  StreamOptions,
  VolumePiece,
  ReadOptions,
} from '../host.ts';
import type {DomainStanding, HostReading, VolumeReading} from '../reading.ts';
import {abortJob} from './abort-job.ts';
import {compareCpu} from './compare-cpu.ts';
import {liftMemory, setCopySpeed} from './copy-speed.ts';
import {readDiskWaits} from './disk-waits.ts';
import {readClaim, setClaim} from './domain-claim.ts';
import {LibvirtLink} from './libvirt-link.ts';
import {liveMove} from './libvirt-migration.ts';
import {LibvirtStorage} from './libvirt-storage.ts';
import {pacesEvenly} from './paces-evenly.ts';
import {type DomainRef, readJob, readStanding, refByUuid} from './read-domain.ts';
import {readHost} from './read-host.ts';

const xmlFlags = {secure: 1, inactive: 2, migratable: 8};
const keepNvram = 8;
const agentSeconds = 3;

export interface HostEntry {
  /** The name in dr.yaml. */
  readonly name: string;
  /** A libvirt URI: `qemu+ssh://root@alder/system`. */
  readonly uri: string;
}

/** Hosts by name. Nothing is connected yet: each connects when it is first asked, and again when it was lost. */
export function openHosts(entries: Iterable<HostEntry>): Map<string, Host> {
  return new Map(Array.from(entries, entry => [entry.name, openHost(entry)]));
}

export function openHost(entry: HostEntry): Host {
  return new LibvirtHost(entry);
}

/** A host as its libvirt daemon shows it. Nothing is ever run on it but libvirt's own calls. */
class LibvirtHost implements Host {
  readonly name: string;
  readonly uri: string;
  readonly #link: LibvirtLink;
  readonly #storage: LibvirtStorage;
  /** Of the moves that go on: what bounds their copies, and what they themselves may take. */
  readonly #copyBounds = new Map<string, number>();
  readonly #ownSpeeds = new Map<string, number>();
  /** Those of them whose bound is their own affair: they begin, or are being ended. */
  readonly #keepingBounds = new Set<string>();
  /** Once it is known. */
  #pacesEvenly: boolean | undefined;

  constructor({name, uri}: HostEntry) {
    this.name = name;
    this.uri = uri;
    this.#link = new LibvirtLink(name, uri);
    this.#storage = new LibvirtStorage(this.#link);
  }

  read({signal}: CallOptions = {}): Promise<HostReading> {
    const fileAt = async (path: string) => {
      try {
        return await this.#storage.find(path, {signal});
      } catch (error) {
        if (error instanceof HostError && error.cause instanceof LibvirtError) return undefined;
        throw error;
      }
    };
    return readHost(this.#link, {signal, fileAt});
  }

  readDomain(uuid: string, options: CallOptions = {}): Promise<DomainStanding | undefined> {
    return readStanding(this.#link, uuid, options);
  }

  async definition(uuid: string, {form, signal}: CallOptions & {form: 'migratable' | 'persistent'}): Promise<string> {
    const flags = xmlFlags.secure | (form === 'migratable' ? xmlFlags.migratable : xmlFlags.inactive);
    const {xml} = await this.#known(uuid, dom => this.#link.call('DOMAIN_GET_XML_DESC', {dom, flags}, {signal}));
    return xml;
  }

  compareCpu(definition: string, options?: CallOptions): Promise<CpuVerdict> {
    return compareCpu(this.#link, definition, options);
  }

  findVolume(path: string, options?: CallOptions): Promise<VolumeReading | undefined> {
    return this.#storage.find(path, options);
  }

  createVolume(volume: NewVolume, options?: CallOptions): Promise<void> {
    return this.#storage.create(volume, options);
  }

  deleteVolume(path: string, options?: CallOptions): Promise<void> {
    return this.#storage.delete(path, options);
  }

  readVolume(path: string, options?: ReadOptions): AsyncIterable<VolumePiece> {
    return this.#storage.read(path, options);
  }

  writeVolume(path: string, pieces: AsyncIterable<VolumePiece>, options?: StreamOptions): Promise<void> {
    return this.#storage.write(path, pieces, options);
  }

  async pacesEvenly(options: CallOptions = {}): Promise<boolean> {
    this.#pacesEvenly ??= await pacesEvenly(this.#link, options);
    return this.#pacesEvenly;
  }

  async migrate(uuid: string, target: Host, move: LiveMove, options: MigrateOptions = {}): Promise<LiveMoveResult> {
    if (!(target instanceof LibvirtHost)) throw new TypeError(`${target.name} is not reached through libvirt`);
    if (move.bandwidthMibPerSecond !== undefined) this.#ownSpeeds.set(uuid, move.bandwidthMibPerSecond);
    this.#keepingBounds.add(uuid);
    try {
      const bounds = {
        boundNow: () => this.#copyBounds.get(uuid),
        onBound: () => this.#keepingBounds.delete(uuid),
        onStop: () => {
          this.#keepingBounds.add(uuid);
          this.#copyBounds.delete(uuid);
        },
      };
      return await liveMove({source: this.#link, target: target.#link}, uuid, move, {...options, ...bounds});
    } finally {
      this.#keepingBounds.delete(uuid);
      this.#ownSpeeds.delete(uuid);
      this.#copyBounds.delete(uuid);
    }
  }

  job(uuid: string, options: CallOptions = {}): Promise<JobReading | undefined> {
    return readJob(this.#link, refByUuid(uuid), options);
  }

  abortJob(uuid: string, options: CallOptions = {}): Promise<'heard' | 'refused'> {
    return abortJob(this.#link, refByUuid(uuid), options);
  }

  diskWaits(options?: CallOptions): Promise<DiskWaits> {
    return readDiskWaits(this.#link, options);
  }

  async setCopySpeed(
    uuid: string,
    bytesPerSecond: number | undefined,
    {ownMibPerSecond = this.#ownSpeeds.get(uuid), ...options}: CopySpeedOptions = {},
  ): Promise<boolean> {
    const dom = await this.#find(uuid, options);
    // What is said before a move begins holds from its start. After its end it would bound the next one, with nobody to lift it.
    const runs = dom !== undefined && dom.id !== -1;
    if (bytesPerSecond === undefined || !runs) this.#copyBounds.delete(uuid);
    else this.#copyBounds.set(uuid, bytesPerSecond);
    if (!runs || this.#keepingBounds.has(uuid)) return false;
    if (bytesPerSecond === undefined) await liftMemory(this.#link, dom, ownMibPerSecond, options);
    return setCopySpeed(this.#link, dom, {bytesPerSecond, ownMibPerSecond}, options);
  }

  async setDowntimeMax(uuid: string, ms: number, options: CallOptions = {}): Promise<boolean> {
    const dom = refByUuid(uuid);
    if (!(await readJob(this.#link, dom, options))) return false;
    const answer = await this.#link.ask('DOMAIN_MIGRATE_SET_MAX_DOWNTIME', {dom, downtime: ms}, options);
    return answer !== undefined;
  }

  async start(uuid: string, options: CallOptions = {}): Promise<void> {
    await this.#known(uuid, dom => this.#link.call('DOMAIN_CREATE', {dom}, options));
  }

  async destroy(uuid: string, options: CallOptions = {}): Promise<void> {
    await this.#known(uuid, dom => this.#link.call('DOMAIN_DESTROY_FLAGS', {dom}, options));
  }

  async resume(uuid: string, options: CallOptions = {}): Promise<void> {
    await this.#known(uuid, dom => this.#link.call('DOMAIN_RESUME', {dom}, options));
  }

  async define(definition: string, options: CallOptions = {}): Promise<void> {
    await this.#link.call('DOMAIN_DEFINE_XML_FLAGS', {xml: definition}, options);
  }

  async undefine(uuid: string, options: CallOptions = {}): Promise<void> {
    await this.#link.find('DOMAIN_UNDEFINE_FLAGS', {dom: refByUuid(uuid), flags: keepNvram}, options);
  }

  async setAutostart(uuid: string, autostart: 'on' | 'off', options: CallOptions = {}): Promise<void> {
    const args = {autostart: autostart === 'on' ? 1 : 0};
    await this.#known(uuid, dom => this.#link.call('DOMAIN_SET_AUTOSTART', {dom, ...args}, options));
  }

  readClaim(uuid: string, options: CallOptions = {}): Promise<Claim | undefined> {
    return ifThere(readClaim(this.#link, refByUuid(uuid), options));
  }

  async writeClaim(uuid: string, claim: Claim, options: CallOptions = {}): Promise<void> {
    await this.#known(uuid, dom => setClaim(this.#link, dom, claim, options));
  }

  async removeClaim(uuid: string, options: CallOptions = {}): Promise<void> {
    await ifThere(setClaim(this.#link, refByUuid(uuid), undefined, options));
  }

  async pingAgent(uuid: string, options: CallOptions = {}): Promise<boolean> {
    const args = {dom: refByUuid(uuid), cmd: '{"execute":"guest-ping"}', timeout: agentSeconds};
    return (await this.#link.ask('DOMAIN_AGENT_COMMAND', args, options)) !== undefined;
  }

  async close(): Promise<void> {
    await this.#storage.close();
    await this.#link.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #find(uuid: string, options: CallOptions): Promise<DomainRef | undefined> {
    const found = await this.#link.find('DOMAIN_LOOKUP_BY_UUID', {uuid}, {signal: options.signal});
    return found?.dom;
  }

  /** Acts on a domain that has to be there. */
  async #known<T>(uuid: string, act: (dom: DomainRef) => Promise<T>): Promise<T> {
    try {
      return await act(refByUuid(uuid));
    } catch (error) {
      if (!isMissing(error)) throw error;
      throw new HostError('DOMAIN_NOT_FOUND', `${this.name} knows no domain ${uuid}`, {
        host: this.name,
        hint: 'See what runs where: dr status',
        cause: error,
      });
    }
  }
}

/** The same where it may be missing. */
async function ifThere<T>(act: Promise<T>): Promise<T | undefined> {
  try {
    return await act;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof HostError && error.code === 'DOMAIN_NOT_FOUND';
}
