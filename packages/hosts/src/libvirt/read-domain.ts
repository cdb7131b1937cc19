import {posix} from 'node:path';
import {child, children, blockJobTypes, domainState, jobStats} from '@dr-toolkit/libvirt';

import {type DiskDefinition, domainDefinition} from '../domain-definition.ts';
import {HostError} from '../host-error.ts';
import type {CallOptions, JobReading} from '../host.ts';
import type {DiskReading, DomainReading, DomainStanding, VolumeReading} from '../reading.ts';
import {rootOf} from '../xml.ts';
import type {LibvirtLink} from './libvirt-link.ts';

const xmlInactive = 2;
/** Not running, not there, or a driver without jobs. */
const jobless: ReadonlySet<string> = new Set(['NOT_NOW', 'NOT_SUPPORTED', 'DOMAIN_NOT_FOUND']);
const addressSources = {lease: 0, agent: 1, arp: 2} as const;

export interface DomainRef {
  readonly name: string;
  readonly uuid: string;
  readonly id: number;
}

/** How to name a domain that was not looked up: a daemon goes by the UUID, and asks for the rest only as a form. */
export function refByUuid(uuid: string): DomainRef {
  return {name: uuid, uuid, id: -1};
}

export interface ReadDomainOptions extends CallOptions {
  /** What is known of a file from its pool; pools are read meanwhile. */
  readonly volumeAt?: VolumeAt | undefined;
  /** The same by a look at its folder, for a file that lies in no pool. */
  readonly fileAt?: VolumeAt | undefined;
}

type VolumeAt = (path: string) => Promise<VolumeReading | undefined>;

/** Everything about one domain, as it is now. Undefined when it vanishes meanwhile. */
export async function readDomain(
  link: LibvirtLink,
  dom: DomainRef,
  {signal, volumeAt, fileAt}: ReadDomainOptions = {},
): Promise<DomainReading | undefined> {
  const options = {signal};
  const [state, xml, inactive, persistent, autostart, saved, snapshots, checkpoints] = await Promise.all([
    link.find('DOMAIN_GET_STATE', {dom}, options),
    link.find('DOMAIN_GET_XML_DESC', {dom}, options),
    link.find('DOMAIN_GET_XML_DESC', {dom, flags: xmlInactive}, options),
    link.ask('DOMAIN_IS_PERSISTENT', {dom}, options),
    link.ask('DOMAIN_GET_AUTOSTART', {dom}, options),
    link.ask('DOMAIN_HAS_MANAGED_SAVE_IMAGE', {dom}, options),
    link.ask('DOMAIN_LIST_ALL_SNAPSHOTS', {dom, needResults: 1}, options),
    link.ask('DOMAIN_LIST_ALL_CHECKPOINTS', {dom, needResults: 1}, options),
  ]);
  if (!state || !xml || !inactive) return undefined;
  const {disks, agentChannel, emulator: _, ...definition} = domainDefinition(xml.xml);
  const {state: name, stateReason} = stateOf(state);
  const active = name !== 'shutoff' && name !== 'crashed';
  const [job, guest, diskReadings] = await Promise.all([
    active ? readJob(link, dom, options).catch(unknownJob) : undefined,
    readGuest(link, dom, {...options, state: name, agent: agentChannel === 'yes' ? agentState(xml.xml) : 'none'}),
    Promise.all(disks.map(disk => readDisk(link, dom, disk, {...options, volumeAt, fileAt, active}))),
  ]);
  return {
    ...definition,
    state: name,
    stateReason,
    persistent: persistent?.persistent === 1,
    autostart: autostart?.autostart === 1,
    managedSave: saved?.result === 1,
    disks: diskReadings,
    snapshots: (snapshots?.snapshots ?? []).map(snapshot => snapshot.name).toSorted(),
    checkpoints: (checkpoints?.checkpoints ?? []).map(checkpoint => checkpoint.name).toSorted(),
    ...(job && {job: job.operation}),
    ...guest,
    xml: inactive.xml,
  };
}

/** In a reading of the whole host one busy domain must not hide all others. */
function unknownJob(error: unknown): Pick<JobReading, 'operation'> {
  if (error instanceof HostError && error.code === 'BUSY') return {operation: 'job'};
  throw error;
}

/** How a domain stands: four short calls, all on the way at once. Undefined when it is not there. */
export async function readStanding(
  link: LibvirtLink,
  uuid: string,
  options: CallOptions,
): Promise<DomainStanding | undefined> {
  const dom = refByUuid(uuid);
  const [state, persistent, autostart, job] = await Promise.all([
    link.find('DOMAIN_GET_STATE', {dom}, options),
    link.find('DOMAIN_IS_PERSISTENT', {dom}, options),
    link.ask('DOMAIN_GET_AUTOSTART', {dom}, options),
    readJob(link, dom, options),
  ]);
  if (!state || !persistent) return undefined;
  return {
    uuid,
    ...stateOf(state),
    persistent: persistent.persistent === 1,
    autostart: autostart?.autostart === 1,
    ...(job && {job: job.operation}),
  };
}

/** The job under way on a domain; undefined when there is none. A daemon too busy to tell is an error, not an answer. */
export async function readJob(
  link: LibvirtLink,
  dom: DomainRef,
  options: CallOptions,
): Promise<JobReading | undefined> {
  try {
    const {type, params} = await link.call('DOMAIN_GET_JOB_STATS', {dom}, options);
    return type === 0 ? undefined : jobReading(type, params);
  } catch (error) {
    if (error instanceof HostError && jobless.has(error.code)) return undefined;
    throw error;
  }
}

function jobReading(...args: Parameters<typeof jobStats>): JobReading {
  const {operation, elapsedMs, disk, memory} = jobStats(...args);
  return {
    operation: operation === 'unknown' ? 'job' : operation,
    elapsedMs,
    processedBytes: disk.processed + memory.processed,
    totalBytes: disk.total + memory.total,
    memoryBytes: memory.total,
    bytesPerSecond: disk.bytesPerSecond + memory.bytesPerSecond,
  };
}

function stateOf(numbers: {state: number; reason: number}): Pick<DomainReading, 'state' | 'stateReason'> {
  const {state, reason} = domainState(numbers.state, numbers.reason);
  return {state: state === 'none' || isNewer(state) ? 'unknown' : state, stateReason: reason};
}

const isNewer = (state: string): state is `unknown-${number}` => state.startsWith('unknown-');

async function readDisk(
  link: LibvirtLink,
  dom: DomainRef,
  disk: DiskDefinition,
  {signal, volumeAt, fileAt, active}: ReadDomainOptions & {active: boolean},
): Promise<DiskReading> {
  const named = disk.pool !== undefined && disk.volume !== undefined;
  const volume = named ? await volumeOf(link, {pool: disk.pool ?? '', name: disk.volume ?? ''}, {signal}) : undefined;
  const path = disk.path ?? volume;
  const isImage = disk.device === 'disk' && disk.type === 'file' && disk.format !== 'raw';
  const at = async (file: string) =>
    (await volumeAt?.(posix.normalize(file))) ?? (isImage && !active ? await fileAt?.(file) : undefined);
  const [known, info, job] = await Promise.all([
    path === undefined ? undefined : at(path),
    path === undefined ? undefined : link.ask('DOMAIN_GET_BLOCK_INFO', {dom, path: disk.target}, {signal}),
    active ? link.ask('DOMAIN_GET_BLOCK_JOB_INFO', {dom, path: disk.target}, {signal}) : undefined,
  ]);
  return {
    ...disk,
    ...(path !== undefined && {path}),
    ...(known?.compat !== undefined && {compat: known.compat}),
    capacityBytes: Number(info?.capacity ?? known?.capacityBytes ?? 0),
    allocationBytes: known?.allocationBytes ?? Number(info?.allocation ?? 0),
    lengthBytes: Number(info?.physical ?? known?.lengthBytes ?? 0),
    backingPaths: disk.backingPaths.length === 0 ? await chainBelow(known, at) : disk.backingPaths,
    ...(job?.found === 1 && {blockJob: blockJobTypes[job.type] ?? 'unknown'}),
  };
}

/** What an image lies on, which the definition of a domain that is off does not tell. */
async function chainBelow(volume: VolumeReading | undefined, at: VolumeAt): Promise<string[]> {
  const chain: string[] = [];
  let below = volume?.backingPath;
  while (below !== undefined && !chain.includes(below)) {
    chain.push(below);
    below = (await at(below))?.backingPath;
  }
  return chain;
}

async function volumeOf(link: LibvirtLink, {pool, name}: {pool: string; name: string}, options: CallOptions) {
  const found = await link.ask('STORAGE_POOL_LOOKUP_BY_NAME', {name: pool}, options);
  const volume = found && (await link.ask('STORAGE_VOL_LOOKUP_BY_NAME', {pool: found.pool, name}, options));
  return volume && (await link.ask('STORAGE_VOL_GET_PATH', {vol: volume.vol}, options))?.name;
}

function agentState(xml: string): 'connected' | 'disconnected' {
  const channels = children(child(rootOf(xml, 'domain'), 'devices'), 'channel');
  const target = channels
    .map(channel => child(channel, 'target'))
    .find(found => found?.getAttribute('name') === 'org.qemu.guest_agent.0');
  return target?.getAttribute('state') === 'connected' ? 'connected' : 'disconnected';
}

/** What its guest tells of itself, or the host knows of it. */
async function readGuest(
  link: LibvirtLink,
  dom: DomainRef,
  {signal, state, agent}: CallOptions & Pick<DomainReading, 'state' | 'agent'>,
): Promise<Pick<DomainReading, 'agent' | 'addresses'>> {
  if (state !== 'running') return {agent, addresses: []};
  const sources = agent === 'connected' ? (['agent'] as const) : (['lease', 'arp'] as const);
  const answers = await Promise.all(
    sources.map(source => link.ask('DOMAIN_INTERFACE_ADDRESSES', {dom, source: addressSources[source]}, {signal})),
  );
  const found = answers
    .flatMap(answer => answer?.ifaces ?? [])
    .filter(({name}) => name !== 'lo')
    .flatMap(({addrs}) => addrs)
    .filter(({addr}) => !/^(?:127\.|::1$|fe80:)/u.test(addr))
    .toSorted((a, b) => a.type - b.type || (a.addr < b.addr ? -1 : 1));
  const answering = agent === 'connected' && answers.every(answer => answer !== undefined);
  return {agent: answering ? 'answering' : agent, addresses: [...new Set(found.map(({addr}) => addr))]};
}
