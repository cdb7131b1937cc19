import {type DiskNote, notePath, readDiskNote} from './disk-note.ts';
import {fileUsers} from './file-users.ts';
import type {CallOptions, Host} from './host.ts';
import {HostError} from './host-error.ts';
import type {Inventory} from './inventory.ts';
import {leftNotes} from './left-notes.ts';
import {noteUser} from './note-user.ts';
import type {HostReading} from './reading.ts';

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
  /** NVRAM that stayed behind with it, and that nobody uses again. */
  readonly nvram?: string;
  /** Who on this host uses the file all the same: a domain, or a file on top of it. Such a disk is never deleted. */
  readonly usedBy?: string;
}

/** All kept disks in the host's active pools. @param options.reading Of the host; read when it is not given. */
export async function keptDisks(
  host: Host,
  {signal, reading}: CallOptions & {readonly reading?: HostReading} = {},
): Promise<KeptDisk[]> {
  const now = reading ?? (await host.read({signal}));
  const users = fileUsers(now);
  const kept = await leftNotes(host, now, 'kept', {signal});
  return kept.flatMap(({note, ...disk}) => (note ? [{...described(note, users), ...disk}] : []));
}

/**
 * The same of all hosts that were read and are open. Who uses a file may be another host, where they share it, or have
 * another path for it.
 */
export async function keptDisksOf(
  hosts: ReadonlyMap<string, Host>,
  inventory: Inventory,
  options: CallOptions = {},
): Promise<KeptDisk[]> {
  const found = await Promise.all(
    inventory.hosts.map(async reading => {
      const host = hosts.get(reading.name);
      return host ? keptDisks(host, {...options, reading}) : [];
    }),
  );
  return Promise.all(
    found.flat().map(async disk => {
      const {host, path} = disk;
      const usedBy = disk.usedBy ?? (await noteUser(hosts, inventory, {host, path, note: disk}, options));
      return Object.assign({}, disk, usedBy !== undefined && {usedBy});
    }),
  );
}

/**
 * Deletes a kept disk, then its note; before them the NVRAM that its domain left behind, unless it is in use again.
 * @throws {HostError} `NOT_NOW` when its note is not there any more: then a run may have put a new disk in its place.
 */
export async function deleteKept(
  host: Host,
  disk: Pick<KeptDisk, 'path' | 'usedBy' | 'uuid' | 'run' | 'nvram'>,
  options: CallOptions = {},
) {
  if (disk.usedBy !== undefined) return;
  const note = await readDiskNote(host, disk.path, 'kept', options);
  if (note?.uuid !== disk.uuid || note.run !== disk.run) {
    throw new HostError('NOT_NOW', `${disk.path} on ${host.name} is not marked any more as the disk that was kept`, {
      host: host.name,
      hint: 'See what is there now: dr clean --dry-run',
    });
  }
  const kept = disk.nvram === undefined ? undefined : await readDiskNote(host, disk.nvram, 'kept', options);
  const paths = disk.nvram !== undefined && kept?.uuid === disk.uuid ? [disk.nvram, disk.path] : [disk.path];
  for (const path of paths) {
    await host.deleteVolume(path, options);
    await host.deleteVolume(notePath(path, 'kept'), options);
  }
}

/** A domain made anew under the old name takes the NVRAM that it finds: that is then its own. */
function described(
  {domain, uuid, movedTo, movedAt, run, nvram}: DiskNote & {kind: 'kept'},
  users: ReadonlyMap<string, string>,
) {
  const own = typeof nvram === 'string' && !users.has(nvram);
  return {domain, uuid, movedTo, movedAt, run, ...(own && {nvram})};
}
