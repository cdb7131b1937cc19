import {bytesOf, child, children} from '@dr-toolkit/libvirt';
import type {CallOptions} from '../host.ts';
import type {PoolReading, VolumeReading} from '../reading.ts';
import {rootOf, text} from '../xml.ts';
import type {LibvirtLink} from './libvirt-link.ts';

/** Pools that dr itself has put on folders which no pool covers: not the estate's. */
export const folderPoolPrefix = 'dr-folder-';

const folderTypes = new Set(['dir', 'fs', 'netfs']);

/** How the wire names a pool. */
export interface PoolRef {
  readonly name: string;
  readonly uuid: string;
}

/** All pools, with the volumes of those that are active. */
export async function readPools(link: LibvirtLink, options: CallOptions): Promise<PoolReading[]> {
  const listed = await link.ask('CONNECT_LIST_ALL_STORAGE_POOLS', {needResults: 1}, options);
  const pools = (listed?.pools ?? []).filter(({name}) => !name.startsWith(folderPoolPrefix));
  const read = await Promise.all(pools.map(pool => readPool(link, pool, options)));
  return read.filter((pool): pool is PoolReading => pool !== undefined).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

async function readPool(link: LibvirtLink, pool: PoolRef, options: CallOptions): Promise<PoolReading | undefined> {
  const active = (await link.ask('STORAGE_POOL_IS_ACTIVE', {pool}, options))?.active === 1;
  const type = await link.ask('STORAGE_POOL_GET_XML_DESC', {pool}, options);
  if (!type) return undefined;
  // libvirt only remembers what it saw last; a pool that is busy keeps its older view.
  if (active && folderTypes.has(rootOf(type.xml, 'pool').getAttribute('type') ?? '')) {
    await link.ask('STORAGE_POOL_REFRESH', {pool}, options);
  }
  const [xml, autostart] = await Promise.all([
    link.ask('STORAGE_POOL_GET_XML_DESC', {pool}, options),
    link.ask('STORAGE_POOL_GET_AUTOSTART', {pool}, options),
  ]);
  if (!xml) return undefined;
  const root = rootOf(xml.xml, 'pool');
  const path = text(child(root, 'target'), 'path');
  const origin = originOf(root);
  return {
    ...pool,
    type: root.getAttribute('type') ?? '',
    active,
    autostart: autostart?.autostart === 1,
    ...(path !== undefined && {path}),
    ...(origin !== undefined && {origin}),
    capacityBytes: bytesOf(child(root, 'capacity'), 'bytes') ?? 0,
    availableBytes: bytesOf(child(root, 'available'), 'bytes') ?? 0,
    volumes: active ? await readVolumes(link, pool, options) : [],
  };
}

/** Where a pool comes from, when that is somewhere both hosts could have it from. */
function originOf(root: Parameters<typeof child>[0]): string | undefined {
  const type = root?.getAttribute('type');
  if (type !== 'netfs' && type !== 'rbd' && type !== 'gluster' && type !== 'iscsi' && type !== 'iscsi-direct')
    return undefined;
  const source = child(root, 'source');
  const hosts = children(source, 'host').map(host =>
    [host.getAttribute('name'), host.getAttribute('port')].filter(Boolean).join(':'),
  );
  const place =
    child(source, 'dir')?.getAttribute('path') ?? text(source, 'name') ?? child(source, 'device')?.getAttribute('path');
  return `${hosts.toSorted().join(',')}:${place ?? ''}`;
}

async function readVolumes(link: LibvirtLink, pool: PoolRef, options: CallOptions): Promise<VolumeReading[]> {
  const listed = await link.ask('STORAGE_POOL_LIST_ALL_VOLUMES', {pool, needResults: 1}, options);
  const read = await Promise.all((listed?.vols ?? []).map(vol => link.ask('STORAGE_VOL_GET_XML_DESC', {vol}, options)));
  return read
    .filter(answer => answer !== undefined)
    .map(({xml}) => volumeReading(xml))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

export function volumeReading(xml: string): VolumeReading {
  const root = rootOf(xml, 'volume');
  const target = child(root, 'target');
  const format = child(target, 'format')?.getAttribute('type') ?? undefined;
  const compat = text(target, 'compat');
  const backingPath = text(child(root, 'backingStore'), 'path');
  const capacityBytes = bytesOf(child(root, 'capacity'), 'bytes') ?? 0;
  const physical = child(root, 'physical');
  const modified = text(child(target, 'timestamps'), 'mtime');
  return {
    name: text(root, 'name') ?? '',
    path: text(target, 'path') ?? text(root, 'key') ?? '',
    ...(format !== undefined && {format}),
    ...(compat !== undefined && {compat}),
    capacityBytes,
    lengthBytes: bytesOf(physical, 'bytes') ?? capacityBytes,
    allocationBytes: bytesOf(child(root, 'allocation'), 'bytes') ?? 0,
    ...(backingPath !== undefined && {backingPath}),
    ...(modified !== undefined && {modified}),
  };
}
