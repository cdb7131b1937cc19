import {type DiskNote, notedDisk, notePath, readDiskNote} from './disk-note.ts';
import type {CallOptions, Host} from './host.ts';

/** A disk that stayed behind when its domain moved away. */
export interface KeptDisk {
  readonly host: string;
  readonly path: string;
  readonly allocationBytes: number;
  readonly domain: string;
  readonly uuid: string;
  readonly movedTo: string;
  readonly movedAt: string;
  readonly run: string;
  /** NVRAM that stayed behind with it. */
  readonly nvram?: string;
  /** A domain of this host that uses the file all the same; such a disk is never deleted. */
  readonly usedBy?: string;
}

/** All kept disks in the host's active pools. */
export async function keptDisks(host: Host, {signal}: CallOptions = {}): Promise<KeptDisk[]> {
  const reading = await host.read({signal});
  const volumes = reading.pools.flatMap(pool => pool.volumes);
  const users = new Map(reading.domains.flatMap(domain => domain.disks.map(disk => [disk.path, domain.name] as const)));
  const kept: KeptDisk[] = [];
  for (const volume of volumes) {
    const path = notedDisk(volume.path, 'kept');
    const note = path === undefined ? undefined : await readDiskNote(host, path, 'kept', {signal});
    if (path === undefined || !note) continue;
    const allocationBytes = volumes.find(other => other.path === path)?.allocationBytes ?? 0;
    const usedBy = users.get(path);
    kept.push({...described(note), host: host.name, path, allocationBytes, ...(usedBy !== undefined && {usedBy})});
  }
  return kept.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** Deletes a kept disk, then its note; before them the NVRAM that its domain left behind, unless it is in use again. */
export async function deleteKept(
  host: Host,
  disk: Pick<KeptDisk, 'path' | 'usedBy' | 'uuid' | 'nvram'>,
  options: CallOptions = {},
) {
  if (disk.usedBy !== undefined) return;
  const kept = disk.nvram === undefined ? undefined : await readDiskNote(host, disk.nvram, 'kept', options);
  const paths = disk.nvram !== undefined && kept?.uuid === disk.uuid ? [disk.nvram, disk.path] : [disk.path];
  for (const path of paths) {
    await host.deleteVolume(path, options);
    await host.deleteVolume(notePath(path, 'kept'), options);
  }
}

function described({domain, uuid, movedTo, movedAt, run, nvram}: DiskNote & {kind: 'kept'}) {
  return {domain, uuid, movedTo, movedAt, run, ...(typeof nvram === 'string' && {nvram})};
}
