import {access, constants, glob, truncate} from 'node:fs/promises';
import {dirname} from 'node:path';
import {execa, ExecaError} from 'execa';
import {removeDevice, requireBridge} from './bridge.ts';
import {type DelayLinePlace, removeDelayLine} from './delay-line.ts';
import {hostUri} from './lab-estate.ts';
import {inHost, isOn, powerOffHost, powerOnHost} from './host-power.ts';
import {LabError} from './lab-error.ts';
import {type LabDownOptions, releaseDisk, requireNoOwner, takeDown} from './lab-down.ts';
import {labFolder, labsFolder, type LabFolder, onlyRoot} from './lab-folder.ts';
import {underLabLock} from './lab-lock.ts';
import {controller, readRecord, recordSaver} from './lab-record.ts';
import type {GuestRecord, HostRecord, LabRecord, LinkSpeed} from './lab-record.ts';
import {labStatus, type LabStatus} from './lab-status.ts';
import {applyCable, applyLinkCut} from './link.ts';
import {run, type RunOptions} from './run.ts';

/** Names of the labs of this machine. What else lies in their folder is none. @throws {LabError} `LAB_REFUSED` */
export async function listLabs(): Promise<readonly string[]> {
  const folder = labsFolder();
  await access(folder, constants.R_OK | constants.X_OK).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EACCES') throw onlyRoot(folder, error);
  });
  const names: string[] = [];
  for await (const record of glob('*/lab.json', {cwd: folder})) names.push(dirname(record));
  return names.sort((one, other) => one.localeCompare(other));
}

/** @throws {LabError} `LAB_UNKNOWN` */
export async function openLab(name = 'lab'): Promise<Lab> {
  const lab = new Lab(name, labFolder(name));
  await lab.record();
  return lab;
}

/** Path of a lab's ready dr.yaml. */
export function labEstateFile(name = 'lab'): string {
  return labFolder(name).estate;
}

/** A lab that is there, by name. It keeps nothing in memory: every call reads the lab's record. */
export class Lab {
  readonly name: string;
  readonly folder: LabFolder;

  constructor(name: string, folder: LabFolder) {
    this.name = name;
    this.folder = folder;
  }

  /** @throws {LabError} `LAB_UNKNOWN` */
  async record(): Promise<LabRecord> {
    const record = await readRecord(this.folder);
    if (record) return record;
    const known = await listLabs();
    throw new LabError('LAB_UNKNOWN', `There is no lab called ${this.name}`, {
      hint: known.length > 0 ? `There is: ${known.join(', ')}.` : 'Bring one up: dr lab up',
    });
  }

  /** The record, when nobody else is at work on the lab. @throws {LabError} `LAB_UNKNOWN`, `LAB_BUSY` */
  async recordToChange(): Promise<LabRecord> {
    const record = await this.record();
    requireNoOwner(record);
    return record;
  }

  /** @throws {LabError} `HOST_UNKNOWN` */
  async host(name: string): Promise<HostRecord> {
    return hostOf(await this.record(), name);
  }

  async guests(): Promise<readonly GuestRecord[]> {
    return (await this.record()).guests;
  }

  /** The libvirt URI by which this machine reaches a host. */
  async uri(name: string): Promise<string> {
    return hostUri(this.folder, await this.host(name));
  }

  async status(options: RunOptions = {}): Promise<LabStatus> {
    return labStatus(await this.record(), this.folder, options);
  }

  /** Program and arguments that run `argv` inside a host as its root, for callers that start it themselves. */
  async command(name: string, argv: readonly string[]): Promise<readonly [string, ...string[]]> {
    return inHost(await this.host(name), argv);
  }

  /** Runs a program inside a host, as its root. A failing program is an answer, not an error. */
  async exec(
    name: string,
    argv: readonly string[],
    {signal, input}: {signal?: AbortSignal | undefined; input?: string} = {},
  ): Promise<{readonly exitCode: number; readonly stdout: string; readonly stderr: string}> {
    const [program, ...args] = await this.command(name, argv);
    const {exitCode, stdout, stderr} = await execa(program, args, {
      reject: false,
      ...(input === undefined ? {stdin: 'ignore'} : {input}),
      ...(signal && {cancelSignal: signal}),
    });
    signal?.throwIfAborted();
    return {exitCode: exitCode ?? 1, stdout, stderr};
  }

  /** Cuts a host off from everyone (`cut('newhost')`), or one link (`cut('sunjammer', 'newhost')`, `'controller'`). */
  async cut(one: string, other?: string, options: RunOptions = {}): Promise<void> {
    await this.#setCut([one, other], true, options);
  }

  async heal(one: string, other?: string, options: RunOptions = {}): Promise<void> {
    await this.#setCut([one, other], false, options);
  }

  /** Whenever this is killed, what is still cut stands in the record, so that healing all heals it. */
  async #setCut([one, other]: readonly [string, string | undefined], cut: boolean, options: RunOptions): Promise<void> {
    await this.#change(async (record, save) => {
      await requireBridge(record);
      if (other === undefined) {
        const host = hostOf(record, one);
        host.cut = cut;
        if (cut) await save();
        await applyCable(host, this.#place(record, save), options);
        if (!cut) await save();
        return;
      }
      for (const end of [one, other]) if (end !== controller) hostOf(record, end);
      const others = record.cuts.filter(ends => !(ends.includes(one) && ends.includes(other)));
      record.cuts = cut ? [...others, [one, other]] : others;
      if (cut) await save();
      await applyLinkCut(record, [one, other], cut, options);
      if (!cut) await save();
    }, options);
  }

  /** Sets rate and delay of a host's cable, in each direction; what is left out is unbounded. */
  async setLink(name: string, speed: LinkSpeed, options: RunOptions = {}): Promise<void> {
    await this.#change(async (record, save) => {
      const host = hostOf(record, name);
      await requireBridge(record);
      const before = host.link;
      host.link = speed;
      await save();
      const place = this.#place(record, save);
      try {
        await applyCable(host, place, options);
      } catch (error) {
        host.link = before;
        await save();
        await applyCable(host, place).catch(() => {}); // what went wrong first is told
        throw error;
      }
      await save();
    }, options);
  }

  /** Pulls the plug of a host: everything in it dies at once. The signal ends the wait for its turn, not the act. */
  async powerOff(name: string, options: Pick<RunOptions, 'signal'> = {}): Promise<void> {
    await this.#change(async (record, save) => {
      const host = hostOf(record, name);
      host.wanted = 'off';
      await save();
      await powerOffHost(host);
      delete host.processes;
      await removeDelayLine(host);
      await save();
    }, options);
  }

  /** Starts a host again, with its disk as it was. Its guests stay off, unless libvirt is to start them by itself. */
  async powerOn(name: string, options: RunOptions = {}): Promise<void> {
    await this.#change(async (record, save) => {
      const host = hostOf(record, name);
      await requireBridge(record);
      if (!isOn(host) || host.wanted === 'off') {
        // Where a power-on was killed before its host had booted, that host's first process is alive and about to end.
        // The kernel takes away what a dead host leaves a moment later; two hosts on one disk would ruin it.
        await powerOffHost(host);
        await removeDelayLine(host);
        await removeDevice(host.cable);
        await releaseDisk(this.folder.host(name).disk);
      }
      await powerOnHost(host, record.bridge?.name ?? '', this.folder, save, options);
      await applyCable(host, this.#place(record, save), options);
      for (const ends of record.cuts) if (ends.includes(name)) await applyLinkCut(record, ends, true, options);
    }, options);
  }

  /** Kills a host's libvirtd (-9). Its guests run on. */
  async killLibvirtd(name: string): Promise<void> {
    await this.#mustRun(name, ['sh', '-c', 'kill -9 "$(cat /run/libvirt/libvirtd.pid)"']);
  }

  /** Starts libvirtd in a host where it was killed. */
  async startLibvirtd(name: string): Promise<void> {
    await this.#mustRun(name, ['libvirtd', '--listen', '--daemon', '--pid-file', '/run/libvirt/libvirtd.pid']);
  }

  /**
   * Changes the size of a host's disk, up or down, while the host is off.
   * @throws {LabError} `HOST_ON`
   */
  async setDisk(name: string, sizeMib: number, options: RunOptions = {}): Promise<void> {
    await this.#change(async (record, save) => {
      const host = hostOf(record, name);
      if (isOn(host)) {
        throw new LabError('HOST_ON', `${name} is on: its disk is in use`, {
          hint: `Switch it off first: dr lab power-off ${name}`,
        });
      }
      const {disk} = this.folder.host(name);
      await releaseDisk(disk);
      await truncate(disk, Math.max(sizeMib, host.diskMib) * 1024 * 1024);
      await run('e2fsck', ['-f', '-p', disk], options).catch(requireMended);
      await run('resize2fs', [disk, `${sizeMib}M`], options);
      await truncate(disk, sizeMib * 1024 * 1024);
      host.diskMib = sizeMib;
      await save();
    }, options);
  }

  async down(options: LabDownOptions = {}): Promise<boolean> {
    return takeDown(this.folder, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
  }

  async #mustRun(name: string, argv: readonly string[]): Promise<void> {
    const [program, ...args] = await this.command(name, argv);
    await run(program, args);
  }

  #place(record: LabRecord, save: () => Promise<void>): DelayLinePlace {
    return {bridge: record.bridge?.name ?? '', save};
  }

  /** Changes of one lab, by whatever process, happen one after another, each on the record as the one before left it. */
  async #change(
    act: (record: LabRecord, save: () => Promise<void>) => Promise<void>,
    {signal}: Pick<RunOptions, 'signal'>,
  ): Promise<void> {
    const inTurn = async () => {
      signal?.throwIfAborted();
      const record = await this.recordToChange();
      await act(record, recordSaver(this.folder, record));
    };
    await underLabLock(this.folder.path, inTurn, {signal});
  }
}

/** e2fsck's exit code 1 means that all it found is mended, as is usual after the plug was pulled. */
function requireMended(error: unknown): void {
  const cause = error instanceof LabError ? error.cause : undefined;
  if (!(cause instanceof ExecaError) || cause.exitCode !== 1) throw error;
}

function hostOf(record: LabRecord, name: string): HostRecord {
  const host = record.hosts.find(candidate => candidate.name === name);
  if (host) return host;
  throw new LabError('HOST_UNKNOWN', `The lab ${record.name} has no host called ${name}`, {
    hint: `It has ${record.hosts.map(candidate => candidate.name).join(', ')}.`,
  });
}
