import type {CallOptions, DaemonLink, FlagOptions} from '../daemon-link.ts';
import {flagBits, type FlagOf} from '../flags.ts';
import {StoragePool} from './storage-pool.ts';

export const listPoolsFlags = {
  inactive: 1,
  active: 2,
  persistent: 4,
  transient: 8,
  autostart: 16,
  'no-autostart': 32,
  dir: 64,
  fs: 128,
  netfs: 256,
  logical: 512,
  disk: 1024,
  iscsi: 2048,
  scsi: 4096,
  mpath: 8192,
  rbd: 16_384,
  sheepdog: 32_768,
  gluster: 65_536,
  zfs: 131_072,
} as const;
export type ListPoolsFlag = FlagOf<typeof listPoolsFlags>;

export const createPoolFlags = {'with-build': 1, 'with-build-overwrite': 2, 'with-build-no-overwrite': 4} as const;

/** All storage pools of a daemon. */
export class StoragePools {
  readonly #link: DaemonLink;

  constructor(link: DaemonLink) {
    this.#link = link;
  }

  async list({flags, signal}: FlagOptions<ListPoolsFlag> = {}): Promise<StoragePool[]> {
    const args = {needResults: 1, flags: flagBits(listPoolsFlags, flags)};
    const {pools} = await this.#link.call('CONNECT_LIST_ALL_STORAGE_POOLS', args, {signal});
    return pools.map(pool => new StoragePool(this.#link, pool));
  }

  /** @throws {LibvirtError} `NO_STORAGE_POOL`. */
  async lookupByName(name: string, options: CallOptions = {}): Promise<StoragePool> {
    const {pool} = await this.#link.call('STORAGE_POOL_LOOKUP_BY_NAME', {name}, options);
    return new StoragePool(this.#link, pool);
  }

  /** @throws {LibvirtError} `NO_STORAGE_POOL`. */
  async lookupByUuid(uuid: string, options: CallOptions = {}): Promise<StoragePool> {
    const {pool} = await this.#link.call('STORAGE_POOL_LOOKUP_BY_UUID', {uuid}, options);
    return new StoragePool(this.#link, pool);
  }

  /**
   * The pool whose volumes lie in that folder.
   * @throws {LibvirtError} `NO_STORAGE_POOL`.
   */
  async lookupByTargetPath(path: string, options: CallOptions = {}): Promise<StoragePool> {
    const {pool} = await this.#link.call('STORAGE_POOL_LOOKUP_BY_TARGET_PATH', {path}, options);
    return new StoragePool(this.#link, pool);
  }

  async define(xml: string, options: CallOptions = {}): Promise<StoragePool> {
    const {pool} = await this.#link.call('STORAGE_POOL_DEFINE_XML', {xml}, options);
    return new StoragePool(this.#link, pool);
  }

  /** Starts a pool that is gone when it stops; its volumes stay. `build` makes its folder first. */
  async create(xml: string, {flags, signal}: FlagOptions<FlagOf<typeof createPoolFlags>> = {}): Promise<StoragePool> {
    const args = {xml, flags: flagBits(createPoolFlags, flags)};
    const {pool} = await this.#link.call('STORAGE_POOL_CREATE_XML', args, {signal});
    return new StoragePool(this.#link, pool);
  }
}
