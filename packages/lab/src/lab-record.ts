import {open, readFile, rename, rm} from 'node:fs/promises';
import {LabError} from './lab-error.ts';
import type {DelayLine} from './delay-line.ts';
import {type LabFolder, onlyRoot} from './lab-folder.ts';
import {toldAsNoRoom} from './no-room.ts';
import type {ProcessIdentity} from './process-identity.ts';

/**
 * All that a lab has brought into being on its machine, written down before each thing is made. `down` removes what
 * stands here and nothing else, and each thing carries what proves it to be the lab's own: a network device its
 * random hardware address, a process its start tick, a loop device its file in the lab's folder.
 */
export interface LabRecord {
  readonly version: 1;
  readonly name: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** `up` is at work until its `owner` clears this; a dead owner leaves it standing. */
  owner?: ProcessIdentity | undefined;
  /** Number of the lab on this machine: the N of 10.78.N.0/24 and drlabN. Absent until one was tried. */
  index?: number | undefined;
  bridge?: NetworkDevice | undefined;
  hosts: HostRecord[];
  guests: GuestRecord[];
  /** Pairs that do not hear each other now. */
  cuts: LinkCut[];
}

export interface NetworkDevice {
  readonly name: string;
  readonly mac: string;
}

export interface HostRecord {
  readonly name: string;
  readonly position: number;
  readonly uuid: string;
  readonly address: string;
  readonly mac: string;
  /** Size of its disk. */
  diskMib: number;
  /** The machine's end of its network cable. */
  readonly cable: NetworkDevice;
  /** `unshare`, and pid 1 of the host, which it started. Absent when the host is off. */
  processes?: {readonly supervisor: ProcessIdentity; readonly init: ProcessIdentity} | undefined;
  /** Whether someone wants it on: a host that is wanted and has no live process has failed. */
  wanted: 'on' | 'off';
  /** Cut off from everyone. */
  cut: boolean;
  link: LinkSpeed;
  /** What delays its cable where the kernel cannot. */
  delayLine?: DelayLine | undefined;
}

export interface LinkSpeed {
  /** Upper bound in each direction; absent means as fast as the machine can. */
  readonly rateMbit?: number | undefined;
  /** Added in each direction. */
  readonly delayMs?: number | undefined;
}

export interface GuestRecord {
  readonly name: string;
  readonly uuid: string;
  readonly mac: string;
  readonly address: string;
  /** The host it was made on. It may have moved since. */
  readonly home: string;
}

/** Two hosts, or a host and the `controller`. */
export type LinkCut = readonly [string, string];

export const controller = 'controller';

/** What writes one record down, one call after another: each resolves when the record as it was then is on disk. */
export function recordSaver(folder: LabFolder, record: LabRecord): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return () => {
    last = last.catch(() => {}).then(() => writeRecord(folder, record));
    return last;
  };
}

/**
 * Replaces the record as a whole: a reader, or the next `down`, sees the old one or the new one.
 * @throws {LabError} `NO_ROOM`
 */
async function writeRecord(folder: LabFolder, record: LabRecord): Promise<void> {
  const draft = `${folder.record}.${process.pid}.new`;
  try {
    const file = await open(draft, 'w', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(record, null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, folder.record);
  } catch (error) {
    await rm(draft, {force: true}).catch(() => {}); // why it was not finished is told
    throw toldAsNoRoom(error, {path: folder.path, variable: 'DR_LAB_DIR'});
  }
}

/**
 * Reads a lab's record; undefined when the lab has none.
 * @throws {LabError} `LAB_RECORD_BROKEN` when the file is not one, `LAB_REFUSED` when it is not for this user's eyes.
 */
export async function readRecord(folder: LabFolder): Promise<LabRecord | undefined> {
  let text: string;
  try {
    text = await readFile(folder.record, 'utf8');
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw code === 'EACCES' ? onlyRoot(folder.path, error) : error;
  }
  return parseRecord(text, folder.record);
}

export function parseRecord(text: string, path: string): LabRecord {
  try {
    const record = JSON.parse(text) as LabRecord;
    if (record.version === 1 && Array.isArray(record.hosts) && Array.isArray(record.guests)) return record;
    if (Number.isInteger(record.version) && record.version > 1) throw ofNewerVersion(path, record.version);
    throw new TypeError('It lacks what every record has.');
  } catch (error) {
    if (error instanceof LabError) throw error;
    throw new LabError('LAB_RECORD_BROKEN', `${path} is not a lab's record`, {
      hint: 'Look at it; what it names must be removed by hand when it cannot be mended.',
      cause: error,
    });
  }
}

function ofNewerVersion(path: string, version: number): LabError {
  return new LabError('LAB_RECORD_BROKEN', `${path} was written by a newer dr: its version is ${version}, not 1`, {
    hint: 'Take the lab down with the dr that brought it up.',
  });
}
