import type {Readable, Writable} from 'node:stream';
import type {CallOptions, DaemonLink, FlagOptions} from '../daemon-link.ts';
import {flagBits, nameOf, type FlagOf} from '../flags.ts';
import type {RpcStream} from '../rpc-stream.ts';
import {toReadable, toWritable} from '../stream-adapters.ts';
import type {StorageVolumeRef} from '../wire/schema.ts';

export const volumeTypes = ['file', 'block', 'dir', 'network', 'netdir', 'ploop'] as const;
export type StorageVolumeType = (typeof volumeTypes)[number] | `unknown-${number}`;

export const resizeFlags = {allocate: 1, delta: 2, shrink: 4} as const;
const sparse = 1;
const physical = 1;

/** Sizes in bytes. */
export interface StorageVolumeInfo {
  readonly type: StorageVolumeType;
  readonly capacity: number;
  readonly allocation: number;
}

/** A part of a volume, in bytes. */
export interface RangeOptions extends CallOptions {
  /** Where to begin. Default 0. */
  readonly offset?: number | undefined;
  /** How much. Default: to the end. */
  readonly length?: number | undefined;
}

/** A file or device in a pool that a disk can be made of. */
export class StorageVolume {
  readonly pool: string;
  readonly name: string;
  /** What libvirt knows it by, for files the path. */
  readonly key: string;
  readonly #link: DaemonLink;
  readonly #vol: StorageVolumeRef;

  constructor(link: DaemonLink, vol: StorageVolumeRef) {
    this.#link = link;
    this.#vol = vol;
    this.pool = vol.pool;
    this.name = vol.name;
    this.key = vol.key;
  }

  /** How the wire names this volume, for `Connection.call`. */
  get ref(): StorageVolumeRef {
    return this.#vol;
  }

  async xml(options: CallOptions = {}): Promise<string> {
    const {xml} = await this.#link.call('STORAGE_VOL_GET_XML_DESC', {vol: this.#vol}, options);
    return xml;
  }

  async path(options: CallOptions = {}): Promise<string> {
    const {name} = await this.#link.call('STORAGE_VOL_GET_PATH', {vol: this.#vol}, options);
    return name;
  }

  async info(options: CallOptions = {}): Promise<StorageVolumeInfo> {
    const {type, capacity, allocation} = await this.#link.call('STORAGE_VOL_GET_INFO', {vol: this.#vol}, options);
    return {type: nameOf(volumeTypes, type), capacity: Number(capacity), allocation: Number(allocation)};
  }

  /** How long the file itself is, which for a qcow2 is neither its capacity nor its allocation. */
  async physicalBytes(options: CallOptions = {}): Promise<number> {
    const args = {vol: this.#vol, flags: physical};
    const {allocation} = await this.#link.call('STORAGE_VOL_GET_INFO_FLAGS', args, options);
    return Number(allocation);
  }

  async delete(options: CallOptions = {}): Promise<void> {
    await this.#link.call('STORAGE_VOL_DELETE', {vol: this.#vol}, options);
  }

  /** Overwrites it with zeros. */
  async wipe(options: CallOptions = {}): Promise<void> {
    await this.#link.call('STORAGE_VOL_WIPE', {vol: this.#vol}, options);
  }

  /** Sets its capacity in bytes. */
  async resize(bytes: number, {flags, signal}: FlagOptions<FlagOf<typeof resizeFlags>> = {}): Promise<void> {
    const args = {vol: this.#vol, capacity: bytes, flags: flagBits(resizeFlags, flags)};
    await this.#link.call('STORAGE_VOL_RESIZE', args, {signal});
  }

  /** Its bytes, holes filled with zeros. `Readable.toWeb` makes a web stream of it. Destroying it ends the download. */
  async download(options: RangeOptions = {}): Promise<Readable> {
    return toReadable(await this.#openDownload(0, options));
  }

  /** Its bytes piece by piece, holes told by their length: for copies that stay sparse. */
  async downloadSparse(options: RangeOptions = {}): Promise<RpcStream> {
    return this.#openDownload(sparse, options);
  }

  /**
   * Takes its bytes, no more than `length`. `finish` (and so the end of a `pipeline`) means that the daemon has all of
   * them; destroying it ends the upload, and leaves what was written.
   */
  async upload(options: RangeOptions = {}): Promise<Writable> {
    return toWritable(await this.#openUpload(0, options), options.length === 0 ? undefined : options.length);
  }

  /**
   * Takes its bytes by `write`, and runs of zeros by `writeHole`; `finish` waits until the daemon has all of them. Daemons
   * before libvirt 10.1 may hang on the holes.
   */
  async uploadSparse(options: RangeOptions = {}): Promise<RpcStream> {
    return this.#openUpload(sparse, options);
  }

  #openDownload(flags: number, {offset = 0, length = 0, signal}: RangeOptions): Promise<RpcStream> {
    return this.#link.openStream('STORAGE_VOL_DOWNLOAD', {vol: this.#vol, offset, length, flags}, {signal});
  }

  #openUpload(flags: number, {offset = 0, length = 0, signal}: RangeOptions): Promise<RpcStream> {
    return this.#link.openStream('STORAGE_VOL_UPLOAD', {vol: this.#vol, offset, length, flags}, {signal});
  }
}
