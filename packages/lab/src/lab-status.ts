import {statfs} from 'node:fs/promises';
import {hasBridge} from './bridge.ts';
import {askGuest, type GuestStatus} from './guest-status.ts';
import {listDomains, type LabDomain} from './host-libvirt.ts';
import {insideHost, isOn} from './host-power.ts';
import {hostUri} from './lab-estate.ts';
import type {LabFolder} from './lab-folder.ts';
import type {HostRecord, LabRecord, LinkCut, LinkSpeed} from './lab-record.ts';
import {isAlive} from './process-identity.ts';
import type {RunOptions} from './run.ts';

export interface LabHostStatus {
  readonly name: string;
  readonly address: string;
  readonly uri: string;
  /** `failed`: it should be on, and its first process is dead. */
  readonly power: 'on' | 'off' | 'failed';
  /** Whether libvirtd answers. */
  readonly libvirtd: boolean;
  readonly cut: boolean;
  readonly link: LinkSpeed;
  /** Its disk; absent when it is off. */
  readonly disk?: {readonly totalBytes: number; readonly freeBytes: number};
  readonly domains: readonly LabDomain[];
}

export interface LabGuestStatus {
  readonly name: string;
  readonly address: string;
  /** Hosts on which it runs now: one, when all is well. */
  readonly runningOn: readonly string[];
  /** Absent when it does not answer. */
  readonly answer?: GuestStatus;
}

export interface LabStatus {
  readonly name: string;
  readonly folder: string;
  readonly estateFile: string;
  /** Absent as long as it has none. */
  readonly subnet?: string;
  /** `broken`: who brought it up was killed while it did, or the machine was restarted since. */
  readonly state: 'up' | 'coming-up' | 'broken';
  readonly hosts: readonly LabHostStatus[];
  readonly guests: readonly LabGuestStatus[];
  readonly cuts: readonly LinkCut[];
}

/** How a lab is now: its record, and what its hosts and guests answer. */
export async function labStatus(record: LabRecord, folder: LabFolder, {signal}: RunOptions = {}): Promise<LabStatus> {
  const state = await stateOf(record);
  const hosts = await Promise.all(record.hosts.map(host => hostStatus(host, {folder, state, signal})));
  const guests = await Promise.all(
    record.guests.map(async ({name, address}) => {
      const answer = await askGuest(address, {timeoutMs: 2000, signal}).catch(() => undefined);
      const running = hosts.filter(host => host.domains.some(one => one.name === name && one.state === 'running'));
      return {name, address, runningOn: running.map(host => host.name), ...(answer && {answer})};
    }),
  );
  signal?.throwIfAborted();
  return {
    name: record.name,
    folder: folder.path,
    estateFile: folder.estate,
    ...(record.index !== undefined && {subnet: `10.78.${record.index}.0/24`}),
    state,
    hosts,
    guests,
    cuts: record.cuts,
  };
}

async function stateOf(record: LabRecord): Promise<LabStatus['state']> {
  if (record.owner !== undefined) return isAlive(record.owner) ? 'coming-up' : 'broken';
  return (await hasBridge(record)) ? 'up' : 'broken';
}

interface HostLook extends RunOptions {
  readonly folder: LabFolder;
  /** Of the lab. */
  readonly state: LabStatus['state'];
}

async function hostStatus(host: HostRecord, {folder, state, signal}: HostLook): Promise<LabHostStatus> {
  const {name, address, cut, link} = host;
  const seen = {name, address, uri: hostUri(folder, host), cut, link};
  const dead = {...seen, libvirtd: false, domains: []};
  if (!isOn(host)) return {...dead, power: host.wanted === 'on' && state !== 'coming-up' ? 'failed' : 'off'};
  const limit = AbortSignal.timeout(5000);
  const domains = await listDomains(host, {signal: signal ? AbortSignal.any([signal, limit]) : limit}).catch(
    () => undefined,
  );
  const size = await diskOf(host).catch(() => undefined);
  if (!isOn(host)) return {...dead, power: 'failed'}; // it died while it was looked at
  return {...seen, power: 'on', libvirtd: domains !== undefined, ...(size && {disk: size}), domains: domains ?? []};
}

/** Rejects while the host has not mounted it yet, and when it has died. */
async function diskOf(host: HostRecord): Promise<{readonly totalBytes: number; readonly freeBytes: number}> {
  const {blocks, bsize, bavail} = await statfs(insideHost(host, '/var/lib/libvirt'));
  return {totalBytes: blocks * bsize, freeBytes: bavail * bsize};
}
