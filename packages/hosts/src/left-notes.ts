import {type DiskNote, notedDisk, readDiskNote} from './disk-note.ts';
import {fileUsers} from './file-users.ts';
import type {CallOptions, Host} from './host.ts';
import type {Inventory} from './inventory.ts';
import type {HostReading} from './reading.ts';

/** A note that lies beside a disk, or beside the place of one. */
export interface LeftNote<K extends DiskNote['kind']> {
  readonly host: string;
  /** Of the disk. */
  readonly path: string;
  /** What the disk takes of its pool; 0 where there is none. */
  readonly allocationBytes: number;
  /** Undefined when it cannot be read: cut short by a crash, or not dr's. */
  readonly note: (DiskNote & {kind: K}) | undefined;
  /** Who on this host uses the disk: a domain, or a file on top of it. */
  readonly usedBy?: string;
}

/** All notes of one kind in the active pools of a host, as it was read. */
export async function leftNotes<K extends DiskNote['kind']>(
  host: Host,
  reading: HostReading,
  kind: K,
  {signal}: CallOptions = {},
): Promise<Array<LeftNote<K>>> {
  const volumes = reading.pools.flatMap(pool => pool.volumes);
  const users = fileUsers(reading);
  const left: Array<LeftNote<K>> = [];
  for (const volume of volumes) {
    const path = notedDisk(volume.path, kind);
    if (path === undefined) continue;
    const note = await readDiskNote(host, path, kind, {signal});
    const allocationBytes = volumes.find(other => other.path === path)?.allocationBytes ?? 0;
    const usedBy = users.get(path);
    left.push({host: host.name, path, allocationBytes, note, ...(usedBy !== undefined && {usedBy})});
  }
  return left.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** The same of all hosts that were read and are open. */
export async function leftNotesOf<K extends DiskNote['kind']>(
  hosts: ReadonlyMap<string, Host>,
  inventory: Inventory,
  kind: K,
  options: CallOptions = {},
): Promise<Array<LeftNote<K>>> {
  const found = await Promise.all(
    inventory.hosts.map(async reading => {
      const host = hosts.get(reading.name);
      return host ? leftNotes(host, reading, kind, options) : [];
    }),
  );
  return found.flat();
}
