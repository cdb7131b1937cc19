import {readdir, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {removeDevice} from './bridge.ts';
import {removeDelayLine} from './delay-line.ts';
import {powerOffHost} from './host-power.ts';
import {LabError} from './lab-error.ts';
import {labFolder, type LabFolder} from './lab-folder.ts';
import {underLabLock} from './lab-lock.ts';
import {told, type OnProgress} from './lab-progress.ts';
import {readRecord, type LabRecord} from './lab-record.ts';
import {isAlive} from './process-identity.ts';
import {asks, run} from './run.ts';

/**
 * Takes a lab down: all that its record names, and nothing else. Whatever state it is in, also one that a killed `up`
 * or a killed `down` left. False when there is no such lab.
 * @throws {LabError} `LAB_BUSY` while another process brings it up.
 */
export async function labDown(name: string, options: LabDownOptions = {}): Promise<boolean> {
  return takeDown(labFolder(name), options);
}

export interface LabDownOptions {
  readonly onProgress?: OnProgress | undefined;
  /** Ends the wait for its turn. What has begun goes on to its end. */
  readonly signal?: AbortSignal | undefined;
}

/** As `labDown`, for a lab whose folder is known already. */
export async function takeDown(folder: LabFolder, {onProgress, signal}: LabDownOptions = {}): Promise<boolean> {
  const inTurn = async () => {
    const found = await remains(folder);
    if (found.is === 'record') {
      const {record} = found;
      await told(onProgress, {subject: 'lab', message: `Lab ${record.name} down`}, () => removeLab(folder, record));
    } else if (found.is === 'folder') {
      await rm(folder.path, {recursive: true, force: true});
    }
    return found.is !== 'nothing';
  };
  return underLabLock(folder.path, inTurn, {signal});
}

/**
 * What `labDown` would take down: its hosts and guests, by name; undefined when there is no such lab. Changes nothing.
 * @throws {LabError} as `labDown` does.
 */
export async function labToTakeDown(
  name: string,
): Promise<{readonly hosts: readonly string[]; readonly guests: readonly string[]} | undefined> {
  const found = await remains(labFolder(name));
  if (found.is === 'nothing') return undefined;
  const {hosts, guests} = found.is === 'record' ? found.record : {hosts: [], guests: []};
  return {hosts: hosts.map(host => host.name), guests: guests.map(guest => guest.name)};
}

/** @throws {LabError} `LAB_BUSY` while another process brings the lab up. */
export function requireNoOwner({name, owner}: LabRecord): void {
  if (!owner || owner.pid === process.pid || !isAlive(owner)) return;
  throw new LabError('LAB_BUSY', `Process ${owner.pid} is bringing up the lab ${name}`, {
    hint: `Wait for it, or end it: kill ${owner.pid}`,
  });
}

/** Removes all that a record names. The record itself goes last: killed half-way, the next one begins anew. */
export async function removeLab(folder: LabFolder, record: LabRecord): Promise<void> {
  await Promise.all(record.hosts.map(powerOffHost));
  for (const host of record.hosts) {
    await removeDelayLine(host);
    await removeDevice(host.cable);
  }
  if (record.bridge) await removeDevice(record.bridge);
  for (const host of record.hosts) await releaseDisk(folder.host(host.name).disk);
  for (const name of await readdir(folder.path)) {
    const path = join(folder.path, name);
    if (path !== folder.record) await rm(path, {recursive: true, force: true});
  }
  await rm(folder.path, {recursive: true, force: true});
}

/** Resolves when no loop device holds a host's disk: the kernel lets go a moment after the host has gone, else it is told to. */
export async function releaseDisk(disk: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const devices = await loopDevices(disk);
    if (devices.length === 0) return;
    if (tries === 50) for (const device of devices) await asks('losetup', ['--detach', device]);
    await sleep(20);
  }
  throw new Error(`${disk} is still in use: losetup --associated ${disk}`);
}

/** The loop devices behind which this very file lies. */
async function loopDevices(disk: string): Promise<readonly string[]> {
  if (!(await asks('test', ['-e', disk]))) return [];
  const listing = await run('losetup', ['--noheadings', '--output', 'NAME', '--associated', disk]);
  return listing.split('\n').filter(line => line !== '');
}

/** What there is of a lab. `folder`: `up` was killed before it had written a record, thus before it had made anything. */
type Remains = {readonly is: 'record'; readonly record: LabRecord} | {readonly is: 'folder' | 'nothing'};

async function remains(folder: LabFolder): Promise<Remains> {
  const record = await readRecord(folder);
  if (record) {
    requireNoOwner(record);
    return {is: 'record', record};
  }
  const names = await readdir(folder.path).catch(() => undefined);
  if (!names) return {is: 'nothing'};
  if (!names.every(name => /^lab\.json\.\d+\.new$/u.test(name))) {
    throw new LabError('LAB_RECORD_BROKEN', `${folder.path} holds files, but no record of a lab`, {
      hint: 'Look at it, and remove it by hand when nothing in it is needed.',
    });
  }
  return {is: 'folder'};
}
