import type {CallOptions, DaemonLink} from '../daemon-link.ts';
import {StorageVolume} from './storage-volume.ts';

/** Volumes of all active pools of a daemon. */
export class StorageVolumes {
  readonly #link: DaemonLink;

  constructor(link: DaemonLink) {
    this.#link = link;
  }

  /** @throws {LibvirtError} `NO_STORAGE_VOL`, also for a file that came after its pool was last refreshed. */
  async lookupByPath(path: string, options: CallOptions = {}): Promise<StorageVolume> {
    const {vol} = await this.#link.call('STORAGE_VOL_LOOKUP_BY_PATH', {path}, options);
    return new StorageVolume(this.#link, vol);
  }

  /** @throws {LibvirtError} `NO_STORAGE_VOL`. */
  async lookupByKey(key: string, options: CallOptions = {}): Promise<StorageVolume> {
    const {vol} = await this.#link.call('STORAGE_VOL_LOOKUP_BY_KEY', {key}, options);
    return new StorageVolume(this.#link, vol);
  }
}
