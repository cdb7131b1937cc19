import {posix} from 'node:path';

import {type DiskNote, readDiskNote} from './disk-note.ts';
import {fileUsers} from './file-users.ts';
import type {CallOptions, Host} from './host.ts';
import type {Inventory} from './inventory.ts';

export interface NotedFile {
  readonly host: string;
  readonly path: string;
  /** What tells the note from every other of its kind. */
  readonly note: Pick<DiskNote & {kind: 'kept'}, 'uuid' | 'run' | 'movedAt'>;
}

/**
 * Who uses the file beside which a kept disk's note lies, by another path or on another host: by storage that hosts share,
 * or by a link to its folder. Then the very same note is seen beside that path.
 */
export async function noteUser(
  hosts: ReadonlyMap<string, Host>,
  inventory: Pick<Inventory, 'hosts'>,
  {host, path, note}: NotedFile,
  options: CallOptions = {},
): Promise<string | undefined> {
  for (const reading of inventory.hosts) {
    const other = hosts.get(reading.name);
    for (const [used, user] of fileUsers(reading)) {
      if (!other || posix.basename(used) !== posix.basename(path)) continue;
      if (reading.name === host && used === path) return user;
      const beside = await readDiskNote(other, used, 'kept', options);
      const same = beside?.uuid === note.uuid && beside.run === note.run && beside.movedAt === note.movedAt;
      if (same) return reading.name === host ? user : `${user} on ${reading.name}`;
    }
  }
  return undefined;
}
