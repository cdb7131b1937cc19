import {createHash} from 'node:crypto';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {LibvirtError, type RpcClient} from '@dr-toolkit/libvirt';

import {HostError} from '../host-error.ts';
import type {CallOptions, NewVolume, ReadOptions, StreamOptions, VolumePiece} from '../host.ts';
import type {VolumeReading} from '../reading.ts';
import type {LibvirtLink} from './libvirt-link.ts';
import {folderPoolPrefix, type PoolRef, volumeReading} from './read-pools.ts';
import {collected, download, upload, type VolumeRef} from './volume-stream.ts';

const createWithBuild = 1;
const busyTries = 40;
const busyMs = 250;

interface FoundVolume {
  readonly vol: VolumeRef;
  readonly xml: string;
}

/**
 * Files of a host by their paths, through libvirt's pools. A folder that no pool covers gets a transient one, which is
 * taken away by `close`.
 */
export class LibvirtStorage {
  readonly #link: LibvirtLink;
  readonly #folderPools = new Map<string, PoolRef>();
  /** The pool on each folder, as it was last seen. */
  readonly #pools = new Map<string, PoolRef>();
  /** Refreshing, creating and deleting get in each other's way within a pool, so they take turns. */
  #turn: Promise<unknown> = Promise.resolve();
  /** When each pool was last asked to look at its folder, by its UUID. */
  readonly #refreshedAt = new Map<string, number>();

  constructor(link: LibvirtLink) {
    this.#link = link;
  }

  find(file: string, options: CallOptions = {}): Promise<VolumeReading | undefined> {
    const askedAt = performance.now();
    return this.#inTurn(async () => {
      const found = await this.#lookUp(file, askedAt, options);
      return found && volumeReading(found.xml);
    });
  }

  create({path: file, format, compat, capacityBytes}: NewVolume, options: CallOptions = {}): Promise<void> {
    return this.#inTurn(async () => {
      const {signal} = options;
      const version = format === 'qcow2' ? `<compat>${xmlText(compat ?? '1.1')}</compat>` : '';
      const xml = `<volume><name>${xmlText(path.basename(file))}</name><capacity unit='bytes'>${capacityBytes}</capacity><allocation>0</allocation><target><format type='${format}'/>${version}</target></volume>`;
      const folder = path.dirname(file);
      const make = (pool: PoolRef) =>
        this.#whenFree(() => this.#link.call('STORAGE_VOL_CREATE_XML', {pool, xml}, {signal}));
      const made = await this.#inPool(folder, make, options);
      if (!made) await make(await this.#putPool(folder, createWithBuild, options));
    });
  }

  delete(file: string, options: CallOptions = {}): Promise<void> {
    const askedAt = performance.now();
    return this.#inTurn(async () => {
      const found = await this.#lookUp(file, askedAt, options);
      if (found) await this.#whenFree(() => this.#link.call('STORAGE_VOL_DELETE', {vol: found.vol}, options));
    });
  }

  async *read(file: string, options: ReadOptions = {}): AsyncGenerator<VolumePiece> {
    const vol = await this.#required(file, options);
    if (options.weight === 'light') {
      yield* await this.#apart(client => collected(download(client, vol, options)), options);
    } else {
      yield* this.#stream(vol, options);
    }
  }

  async *#stream(vol: VolumeRef, options: ReadOptions): AsyncGenerator<VolumePiece> {
    try {
      yield* download(this.#link.connection, vol, options);
    } catch (error) {
      throw this.#link.failure(error, options.signal);
    }
  }

  async write(file: string, pieces: AsyncIterable<VolumePiece>, options: StreamOptions = {}): Promise<void> {
    const vol = await this.#required(file, options);
    await this.#apart(client => upload(client, vol, pieces, options), options);
  }

  /** On a connection that is kept for the next few seconds, as making one through ssh is dear. */
  #apart<T>(work: (client: RpcClient) => Promise<T>, {signal}: CallOptions): Promise<T> {
    return this.#link.act(connection => connection.aside(work, {signal}), {signal});
  }

  /** Takes away the pools that were put on bare folders; the folders and files stay. */
  async close(): Promise<void> {
    for (const pool of this.#folderPools.values()) await this.#link.ask('STORAGE_POOL_DESTROY', {pool}).catch(() => {});
    this.#folderPools.clear();
    this.#pools.clear();
  }

  async #required(file: string, options: CallOptions): Promise<VolumeRef> {
    const askedAt = performance.now();
    const found = await this.#inTurn(() => this.#lookUp(file, askedAt, options));
    if (found) return found.vol;
    throw new HostError('VOLUME_NOT_FOUND', `${this.#link.name} has no ${file}`, {
      host: this.#link.name,
      hint: `See what is there: dr status`,
    });
  }

  /** What is there since `askedAt`: many that are asked for at once need one look at their folder. */
  #lookUp(file: string, askedAt: number, options: CallOptions): Promise<FoundVolume | undefined> {
    const name = path.basename(file);
    const look = async (pool: PoolRef): Promise<FoundVolume | undefined> => {
      const known = await this.#link.find('STORAGE_VOL_LOOKUP_BY_NAME', {pool, name}, options);
      const answer = known && (await this.#link.ask('STORAGE_VOL_GET_XML_DESC', {vol: known.vol}, options));
      if (answer) return {vol: known.vol, xml: answer.xml};
      // Known and no longer there is for libvirt to find out as well.
      if (!known && (this.#refreshedAt.get(pool.uuid) ?? -1) >= askedAt) return undefined;
      const now = performance.now();
      await this.#whenFree(() => this.#link.call('STORAGE_POOL_REFRESH', {pool}, options));
      this.#refreshedAt.set(pool.uuid, now);
      const found = await this.#link.find('STORAGE_VOL_LOOKUP_BY_NAME', {pool, name}, options);
      const {xml} = (found && (await this.#link.find('STORAGE_VOL_GET_XML_DESC', {vol: found.vol}, options))) ?? {};
      return found && xml !== undefined ? {vol: found.vol, xml} : undefined;
    };
    return this.#inPool(path.dirname(file), look, options);
  }

  /**
   * Does something in the pool on a folder; undefined where the folder is missing. A pool that was seen before is asked for
   * again only when it turns out to be gone, or off.
   */
  async #inPool<T>(folder: string, act: (pool: PoolRef) => Promise<T>, options: CallOptions): Promise<T | undefined> {
    const seen = this.#pools.get(folder);
    if (seen) {
      try {
        return await act(seen);
      } catch (error) {
        if (!isWithoutPool(error)) throw error;
        this.#pools.delete(folder);
      }
    }
    const pool = await this.#poolOf(folder, options);
    if (!pool) return undefined;
    this.#pools.set(folder, pool);
    return act(pool);
  }

  /** The active pool on a folder, made for the purpose where there is none; undefined for a folder that is missing. */
  async #poolOf(folder: string, options: CallOptions): Promise<PoolRef | undefined> {
    const found = await this.#activePool(folder, options);
    if (found) return found;
    try {
      return await this.#putPool(folder, 0, options);
    } catch (error) {
      if (!(error instanceof HostError) || !(error.cause instanceof LibvirtError)) throw error;
      if (!isTaken(error.cause)) return undefined;
      // Somebody was quicker; or files lie there in a pool that is off.
      const theirs = await this.#activePool(folder, options);
      if (theirs) return theirs;
      throw error;
    }
  }

  async #activePool(folder: string, options: CallOptions): Promise<PoolRef | undefined> {
    const found = await this.#link.find('STORAGE_POOL_LOOKUP_BY_TARGET_PATH', {path: folder}, options);
    if (found?.pool.name.startsWith(folderPoolPrefix)) this.#folderPools.set(folder, found.pool);
    return found?.pool;
  }

  /** Puts a pool on a folder that has none. */
  async #putPool(folder: string, flags: number, options: CallOptions): Promise<PoolRef> {
    const name = `${folderPoolPrefix}${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`;
    const xml = `<pool type='dir'><name>${name}</name><target><path>${xmlText(folder)}</path></target></pool>`;
    try {
      const {pool} = await this.#link.call('STORAGE_POOL_CREATE_XML', {xml, flags}, options);
      this.#folderPools.set(folder, pool);
      return pool;
    } catch (error) {
      const {cause} = error as Error;
      if (!(cause instanceof LibvirtError)) throw error;
      const {name: host} = this.#link;
      throw new HostError('FAILED', `${host}: the folder ${folder} cannot be used for volumes: ${cause.message}`, {
        host,
        hint: isTaken(cause)
          ? `Start the pool that lies there (virsh pool-start), or undefine it`
          : `See on ${host} that ${folder} can be made and written to`,
        cause,
      });
    }
  }

  /** A pool whose volume has just been written refreshes itself, and refuses other work for that moment. */
  async #whenFree<T>(act: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await act();
      } catch (error) {
        const cause = error instanceof HostError ? error.cause : undefined;
        if (
          !(cause instanceof LibvirtError) ||
          !/asynchronous jobs running|in use|being (?:built|allocated)/iu.test(cause.message)
        )
          throw error;
        if (tries === busyTries) throw error;
      }
      await sleep(busyMs);
    }
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(act, act);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

/** Whether a pool is gone, or off. */
function isWithoutPool(error: unknown): boolean {
  const cause = error instanceof HostError ? error.cause : undefined;
  return cause instanceof LibvirtError && (cause.code === 'NO_STORAGE_POOL' || /is not active/u.test(cause.message));
}

function xmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Another pool lies there, or one of that name is there. */
function isTaken({message}: LibvirtError): boolean {
  return /Storage source conflict|already (?:exists|active)/u.test(message);
}
