import {randomBytes, randomUUID} from 'node:crypto';
import {existsSync} from 'node:fs';
import {copyFile, mkdir, readFile, stat, writeFile} from 'node:fs/promises';
import {availableParallelism} from 'node:os';
import {cableName, guestAddress, guestsMax, hostAddress, hostsMax, macFrom, type LabAddresses} from './addresses.ts';
import {makeBridge} from './bridge.ts';
import {bootFolder, domainXml, imagesFolder} from './domain-xml.ts';
import {bootImages, type BootImages} from './guest/boot-images.ts';
import {writeGuestDisk} from './guest/guest-disk.ts';
import {waitForGuest, withConsole} from './guest-status.ts';
import {writeHostKeys} from './host-keys.ts';
import {connectHost, furnishLibvirt, startDomain} from './host-libvirt.ts';
import {furnishHost, insideHost, powerOnHost} from './host-power.ts';
import {Lab} from './lab.ts';
import {removeLab} from './lab-down.ts';
import {LabError} from './lab-error.ts';
import {labEstate} from './lab-estate.ts';
import {underLabLock} from './lab-lock.ts';
import {labFolder, labsFolder, requireName, requireOwn, type LabFolder} from './lab-folder.ts';
import {told, type OnProgress} from './lab-progress.ts';
import {recordSaver, type GuestRecord, type HostRecord, type LabRecord} from './lab-record.ts';
import {guestNames, guestsByDefault, storyHosts} from './lab-story.ts';
import {toldAsNoRoom} from './no-room.ts';
import {identifyProcess} from './process-identity.ts';
import {requireLab} from './refusals.ts';

export interface LabUpOptions {
  /** Default `lab`. */
  readonly name?: string | undefined;
  /** Names of the hosts; the first is the guests' home. Default sunjammer and newhost. */
  readonly hosts?: readonly string[] | undefined;
  /** How many guests; default 6. */
  readonly vms?: number | undefined;
  /** Size of every host's disk, in MiB; default 4096. It takes only what is written to it. */
  readonly hostDiskMib?: number | undefined;
  /** Size of every guest's disk, in MiB; default 128. */
  readonly guestDiskMib?: number | undefined;
  /** Memory of every guest, in MiB; default 128. */
  readonly guestMemoryMib?: number | undefined;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How long a guest may take to boot beside the others. */
const guestBootMsMax = 180_000;

/**
 * Brings a lab up: real libvirt hosts in namespaces of this machine, and running guests that answer. When it fails or
 * is aborted, nothing of it is left.
 * @throws {LabError} `LAB_REFUSED`, `LAB_EXISTS`, `BAD_NAME`, `NO_FREE_SUBNET`, `NO_ROOM`, `IMAGE_FAILED`, `HOST_FAILED`, `GUEST_FAILED`.
 */
export async function labUp(options: LabUpOptions = {}): Promise<Lab> {
  const {signal, onProgress} = options;
  const wanted = await labToBringUp(options);
  const {name, folder} = wanted;
  signal?.throwIfAborted();
  const record: LabRecord = {
    version: 1,
    name,
    createdAt: new Date().toISOString(),
    owner: identifyProcess(process.pid),
    hosts: [],
    guests: [],
    cuts: [],
  };
  const save = recordSaver(folder, record);
  // The first record names its owner: from then on everybody else keeps away until it is cleared.
  await underLabLock(folder.path, async () => {
    await makeFolder(folder, name);
    await save();
  });
  try {
    await build({folder, record, save, wanted, options});
    delete record.owner;
    await save();
    return new Lab(name, folder);
  } catch (error) {
    await told(onProgress, {subject: 'lab', message: 'Taking down what there is'}, () => removeLab(folder, record));
    throw toldAsNoRoom(error, {path: labsFolder(), variable: 'DR_LAB_DIR'});
  }
}

/** What a lab is going to be. */
export interface LabWish {
  readonly name: string;
  readonly folder: LabFolder;
  readonly hosts: readonly string[];
  readonly guests: readonly string[];
}

/**
 * What `labUp` would bring up, when nothing is in its way. Makes nothing.
 * @throws {LabError} `BAD_NAME`, `LAB_REFUSED`, `LAB_EXISTS`.
 */
export async function labToBringUp(options: LabUpOptions = {}): Promise<LabWish> {
  const {name = 'lab'} = options;
  const wanted = checkedWish(options);
  const folder = labFolder(name);
  await requireLab();
  const labs = await stat(labsFolder()).catch(() => undefined);
  if (labs) requireOwn(labsFolder(), labs);
  if (existsSync(folder.path)) throw labExists(name);
  return {name, folder, ...wanted};
}

function bad(message: string, hint: string): LabError {
  return new LabError('BAD_NAME', message, {hint});
}

function checkedWish({hosts = storyHosts, vms = guestsByDefault}: LabUpOptions): Pick<LabWish, 'hosts' | 'guests'> {
  for (const host of hosts) requireName('host', host);
  if (new Set(hosts).size < hosts.length) throw bad('A host is named twice', 'Give every host its own name.');
  if (hosts.length === 0 || hosts.length > hostsMax) {
    throw bad(`A lab cannot have ${hosts.length} hosts`, `Ask for 1 to ${hostsMax}.`);
  }
  if (!Number.isInteger(vms) || vms < 0 || vms > guestsMax) {
    throw bad(`A lab cannot have ${vms} guests`, `Ask for 0 to ${guestsMax}.`);
  }
  return {hosts, guests: guestNames(vms)};
}

async function makeFolder(folder: LabFolder, name: string): Promise<void> {
  await mkdir(labsFolder(), {recursive: true, mode: 0o700});
  requireOwn(labsFolder(), await stat(labsFolder())); // another user may have been quicker
  try {
    await mkdir(folder.path, {mode: 0o700});
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw labExists(name, error);
  }
}

function labExists(name: string, cause?: unknown): LabError {
  return new LabError('LAB_EXISTS', `There is a lab called ${name}`, {
    hint: `Take it down first (dr lab down --name ${name}), or choose another --name.`,
    cause,
  });
}

interface Building {
  readonly folder: LabFolder;
  readonly record: LabRecord;
  readonly save: () => Promise<void>;
  readonly wanted: LabWish;
  readonly options: LabUpOptions;
}

async function build(building: Building): Promise<void> {
  const {folder, record, save, wanted, options} = building;
  const {signal, onProgress} = options;
  const stop = new AbortController();
  const both = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const images = told(onProgress, {subject: 'images', message: 'Kernel and disks of the guests'}, () =>
    bootImages({
      signal: both,
      onStep: message => onProgress?.({subject: 'images', state: 'note', message}),
    }),
  );
  try {
    const lab = await makeBridge(record, save, {signal: both});
    record.hosts = wanted.hosts.map((name, position) => newHost(name, position, lab, options));
    const home = wanted.hosts[0] ?? '';
    record.guests = wanted.guests.map((name, position) => newGuest(name, position, lab, home));
    await save();
    await writeHostKeys(folder, record.hosts, {signal: both});
    await writeFile(folder.estate, labEstate(record.name, lab, {folder, ...record}));
    const ready = record.hosts.map(host => bringUpHost(building, lab, host, images, both));
    await Promise.all(ready);
    await bringUpGuests(building, lab, await images, both);
  } catch (error) {
    // Nothing may go on beside the cleaning up.
    stop.abort(error);
    await images.catch(() => {});
    throw error;
  }
}

function newHost(name: string, position: number, lab: LabAddresses, {hostDiskMib = 4096}: LabUpOptions): HostRecord {
  return {
    name,
    position,
    uuid: randomUUID(),
    address: hostAddress(lab.index, position),
    mac: macFrom(randomBytes(3)),
    diskMib: hostDiskMib,
    cable: {name: cableName(lab.index, position), mac: macFrom(randomBytes(3))},
    wanted: 'on',
    cut: false,
    link: {},
  };
}

function newGuest(name: string, position: number, lab: LabAddresses, home: string): GuestRecord {
  const address = guestAddress(lab.index, position);
  return {name, uuid: randomUUID(), mac: macFrom(randomBytes(3)), address, home};
}

async function bringUpHost(
  {folder, record, save, options}: Building,
  lab: LabAddresses,
  host: HostRecord,
  images: Promise<BootImages>,
  signal: AbortSignal,
): Promise<void> {
  await told(options.onProgress, {subject: host.name, message: `Host on ${host.address}`}, async () => {
    await furnishHost(lab, host, record.hosts, folder, {signal});
    await powerOnHost(host, lab.bridge, folder, save, {signal});
    const {kernel, initrd} = await images;
    await copyFile(kernel, insideHost(host, `${bootFolder}/vmlinux`));
    await copyFile(initrd, insideHost(host, `${bootFolder}/initrd`));
    await using client = await connectHost(host, {signal});
    await furnishLibvirt(client, {signal});
  });
}

async function bringUpGuests(
  building: Building,
  lab: LabAddresses,
  images: BootImages,
  signal: AbortSignal,
): Promise<void> {
  const {folder, record, options} = building;
  const home = record.hosts[0];
  if (!home || record.guests.length === 0) return;
  await using client = await connectHost(home, {signal});
  const waiting = [...record.guests];
  const bootOneAfterAnother = async () => {
    for (let guest = waiting.shift(); guest !== undefined; guest = waiting.shift()) {
      const {name, address} = guest;
      signal.throwIfAborted();
      await told(options.onProgress, {subject: name, message: `Guest on ${address}`}, async () => {
        const place = {
          root: images.root,
          path: insideHost(home, `${imagesFolder}/${name}.qcow2`),
          scratch: folder.scratch(name),
          sizeMib: options.guestDiskMib ?? 128,
        };
        await writeGuestDisk({name, address, gateway: lab.controller}, place, {signal});
        await startDomain(client, domainXml(guest, {memoryMib: options.guestMemoryMib ?? 128}), {signal});
        try {
          await waitForGuest(guest, {withinMs: guestBootMsMax, signal});
        } catch (error) {
          throw withConsole(error, await consoleOf(home, name).catch(() => ''));
        }
      });
    }
  };
  await Promise.all(Array.from({length: Math.max(2, availableParallelism())}, bootOneAfterAnother));
}

async function consoleOf(home: HostRecord, guest: string): Promise<string> {
  return readFile(insideHost(home, `/var/log/libvirt/qemu/${guest}-console.log`), 'utf8');
}
