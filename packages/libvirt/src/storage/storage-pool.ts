import type {CallOptions, DaemonLink, FlagOptions} from '../daemon-link.ts';
import {flagBits, nameOf, type FlagOf} from '../flags.ts';
import type {StoragePoolRef} from '../wire/schema.ts';
import {StorageVolume} from './storage-volume.ts';

export const poolStates = ['inactive', 'building', 'running', 'degraded', 'inaccessible'] as const;
export type StoragePoolState = (typeof poolStates)[number] | `unknown-${number}`;

export const buildFlags = {repair: 1, resize: 2, 'no-overwrite': 4, overwrite: 8} as const;
export const createVolumeFlags = {'prealloc-metadata': 1, reflink: 2} as const;
export type CreateVolumeFlag = FlagOf<typeof createVolumeFlags>;

/** Sizes in bytes; all 0 while the pool is not active. */
export interface StoragePoolInfo {
  readonly state: StoragePoolState;
  readonly capacity: number;
  readonly allocation: number;
  readonly available: number;
}

/** A place for volumes: a folder, a volume group, a share. */
export class StoragePool {
  readonly name: string;
  readonly uuid: string;
  readonly #link: DaemonLink;
  readonly #pool: StoragePoolRef;

  constructor(link: DaemonLink, pool: StoragePoolRef) {
    this.#link = link;
    this.#pool = pool;
    this.name = pool.name;
    this.uuid = pool.uuid;
  }

  async xml({flags, signal}: FlagOptions<'inactive'> = {}): Promise<string> {
    const args = {pool: this.#pool, flags: flagBits({inactive: 1}, flags)};
    const {xml} = await this.#link.call('STORAGE_POOL_GET_XML_DESC', args, {signal});
    return xml;
  }

  async info(options: CallOptions = {}): Promise<StoragePoolInfo> {
    const info = await this.#link.call('STORAGE_POOL_GET_INFO', {pool: this.#pool}, options);
    return {
      state: nameOf(poolStates, info.state),
      capacity: Number(info.capacity),
      allocation: Number(info.allocation),
      available: Number(info.available),
    };
  }

  async isActive(options: CallOptions = {}): Promise<boolean> {
    const {active} = await this.#link.call('STORAGE_POOL_IS_ACTIVE', {pool: this.#pool}, options);
    return active !== 0;
  }

  async isPersistent(options: CallOptions = {}): Promise<boolean> {
    const {persistent} = await this.#link.call('STORAGE_POOL_IS_PERSISTENT', {pool: this.#pool}, options);
    return persistent !== 0;
  }

  async autostart(options: CallOptions = {}): Promise<boolean> {
    const {autostart} = await this.#link.call('STORAGE_POOL_GET_AUTOSTART', {pool: this.#pool}, options);
    return autostart !== 0;
  }

  async setAutostart(autostart: boolean, options: CallOptions = {}): Promise<void> {
    await this.#link.call('STORAGE_POOL_SET_AUTOSTART', {pool: this.#pool, autostart: Number(autostart)}, options);
  }

  /** Starts it. */
  async create(options: CallOptions = {}): Promise<void> {
    await this.#link.call('STORAGE_POOL_CREATE', {pool: this.#pool}, options);
  }

  /** Makes what it needs: the folder, the filesystem, the volume group. */
  async build({flags, signal}: FlagOptions<FlagOf<typeof buildFlags>> = {}): Promise<void> {
    await this.#link.call('STORAGE_POOL_BUILD', {pool: this.#pool, flags: flagBits(buildFlags, flags)}, {signal});
  }

  /** Looks at the storage again, for volumes that came or went without libvirt. */
  async refresh(options: CallOptions = {}): Promise<void> {
    await this.#link.call('STORAGE_POOL_REFRESH', {pool: this.#pool}, options);
  }

  /** Stops it; its volumes stay. */
  async destroy(options: CallOptions = {}): Promise<void> {
    await this.#link.call('STORAGE_POOL_DESTROY', {pool: this.#pool}, options);
  }

  /** Deletes the storage behind a pool that is not active, such as its empty folder. */
  async delete(options: CallOptions = {}): Promise<void> {
    await this.#link.call('STORAGE_POOL_DELETE', {pool: this.#pool}, options);
  }

  async undefine(options: CallOptions = {}): Promise<void> {
    await this.#link.call('STORAGE_POOL_UNDEFINE', {pool: this.#pool}, options);
  }

  async volumes(options: CallOptions = {}): Promise<StorageVolume[]> {
    const args = {pool: this.#pool, needResults: 1};
    const {vols} = await this.#link.call('STORAGE_POOL_LIST_ALL_VOLUMES', args, options);
    return vols.map(vol => new StorageVolume(this.#link, vol));
  }

  /** @throws {LibvirtError} `NO_STORAGE_VOL`. */
  async lookupVolume(name: string, options: CallOptions = {}): Promise<StorageVolume> {
    const {vol} = await this.#link.call('STORAGE_VOL_LOOKUP_BY_NAME', {pool: this.#pool, name}, options);
    return new StorageVolume(this.#link, vol);
  }

  /**
   * Creates a volume as `<volume>` describes it. A qcow2 volume that is to have checkpoints needs
   * `<target><compat>1.1</compat></target>`: libvirt's default is older.
   */
  async createVolume(xml: string, {flags, signal}: FlagOptions<CreateVolumeFlag> = {}): Promise<StorageVolume> {
    const args = {pool: this.#pool, xml, flags: flagBits(createVolumeFlags, flags)};
    const {vol} = await this.#link.call('STORAGE_VOL_CREATE_XML', args, {signal});
    return new StorageVolume(this.#link, vol);
  }

  /** Creates a volume with the content of another. */
  async cloneVolume(
    xml: string,
    original: StorageVolume,
    {flags, signal}: FlagOptions<CreateVolumeFlag> = {},
  ): Promise<StorageVolume> {
    const args = {pool: this.#pool, xml, clonevol: original.ref, flags: flagBits(createVolumeFlags, flags)};
    const {vol} = await this.#link.call('STORAGE_VOL_CREATE_XML_FROM', args, {signal});
    return new StorageVolume(this.#link, vol);
  }
}
