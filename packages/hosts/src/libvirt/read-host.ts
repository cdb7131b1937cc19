import {child, children} from '@dr-toolkit/libvirt';
import type {CallOptions} from '../host.ts';
import type {DomainReading, HostReading, MachineReading, NetworkReading, PoolReading} from '../reading.ts';
import {rootOf, text} from '../xml.ts';
import type {LibvirtLink} from './libvirt-link.ts';
import {readDomain, type ReadDomainOptions} from './read-domain.ts';
import {readPools} from './read-pools.ts';

const netDevices = 16;

export type ReadHostOptions = CallOptions & Pick<ReadDomainOptions, 'fileAt'>;

/** Everything a host's libvirt tells of it. */
export async function readHost(link: LibvirtLink, {signal, fileAt}: ReadHostOptions = {}): Promise<HostReading> {
  const options = {signal};
  const reading = readPools(link, options);
  const [hostname, library, version, type, capabilities, node, memory, pools, networks, links, domains] =
    await Promise.all([
      link.call('CONNECT_GET_HOSTNAME', {}, options),
      link.call('CONNECT_GET_LIB_VERSION', {}, options),
      link.call('CONNECT_GET_VERSION', {}, options),
      link.call('CONNECT_GET_TYPE', {}, options),
      link.call('CONNECT_GET_CAPABILITIES', {}, options),
      link.call('NODE_GET_INFO', {}, options),
      readMemory(link, options),
      reading,
      readNetworks(link, options),
      readLinks(link, options),
      readDomains(link, reading, {signal, fileAt}),
    ]);
  const host = child(rootOf(capabilities.capabilities, 'capabilities'), 'host');
  return {
    name: link.name,
    hostname: hostname.hostname,
    uuid: text(host, 'uuid') ?? '',
    libvirtVersion: versionText(library.libVer),
    hypervisor: {type: type.type, version: versionText(version.hvVer)},
    arch: text(child(host, 'cpu'), 'arch') ?? '',
    cpus: node.cpus,
    memory: memory ?? {totalBytes: Number(node.memory) * 1024, freeBytes: await freeMemory(link, options)},
    machines: machinesOf(capabilities.capabilities),
    pools,
    networks,
    ...(links && {links}),
    domains,
  };
}

/** Guests take their time to answer, so the domains are not read after the pools but beside them. */
async function readDomains(
  link: LibvirtLink,
  pools: Promise<readonly PoolReading[]>,
  {signal, fileAt}: ReadHostOptions,
): Promise<DomainReading[]> {
  const volumes = pools.then(all => new Map(all.flatMap(pool => pool.volumes.map(volume => [volume.path, volume]))));
  volumes.catch(() => {}); // who reads the pools is told
  const volumeAt = async (path: string) => (await volumes).get(path);
  const {domains: listed} = await link.call('CONNECT_LIST_ALL_DOMAINS', {needResults: 1}, {signal});
  const read = await Promise.all(listed.map(dom => readDomain(link, dom, {signal, volumeAt, fileAt})));
  return read.filter(domain => domain !== undefined).toSorted(byName);
}

/** `freeBytes` is what a new domain could have: what is free, and what is only held as cache. */
async function readMemory(link: LibvirtLink, options: CallOptions): Promise<HostReading['memory'] | undefined> {
  const allCells = -1;
  const count = await link.ask('NODE_GET_MEMORY_STATS', {nparams: 0, cellNum: allCells}, options);
  const stats =
    count && (await link.ask('NODE_GET_MEMORY_STATS', {nparams: count.nparams, cellNum: allCells}, options));
  const bytes = new Map(stats?.params.map(({field, value}) => [field, Number(value) * 1024]));
  const [total, free] = [bytes.get('total'), bytes.get('free')];
  if (total === undefined || free === undefined) return undefined;
  return {totalBytes: total, freeBytes: free + (bytes.get('buffers') ?? 0) + (bytes.get('cached') ?? 0)};
}

async function freeMemory(link: LibvirtLink, options: CallOptions): Promise<number> {
  const answer = await link.ask('NODE_GET_FREE_MEMORY', {}, options);
  return Number(answer?.freeMem ?? 0);
}

async function readNetworks(link: LibvirtLink, options: CallOptions): Promise<NetworkReading[]> {
  const listed = await link.ask('CONNECT_LIST_ALL_NETWORKS', {needResults: 1}, options);
  const read = await Promise.all((listed?.nets ?? []).map(net => readNetwork(link, net, options)));
  return read.filter((network): network is NetworkReading => network !== undefined).toSorted(byName);
}

async function readNetwork(
  link: LibvirtLink,
  net: {name: string; uuid: string},
  options: CallOptions,
): Promise<NetworkReading | undefined> {
  const [xml, active, autostart] = await Promise.all([
    link.ask('NETWORK_GET_XML_DESC', {net}, options),
    link.ask('NETWORK_IS_ACTIVE', {net}, options),
    link.ask('NETWORK_GET_AUTOSTART', {net}, options),
  ]);
  if (!xml || !active) return undefined;
  const root = rootOf(xml.xml, 'network');
  const bridge = child(root, 'bridge')?.getAttribute('name');
  const forward = child(root, 'forward');
  return {
    ...net,
    active: active.active === 1,
    autostart: autostart?.autostart === 1,
    ...(bridge && {bridge}),
    ...(forward && {forward: forward.getAttribute('mode') ?? 'nat'}),
  };
}

/** Undefined where libvirt keeps no list of devices. */
async function readLinks(link: LibvirtLink, options: CallOptions): Promise<string[] | undefined> {
  const listed = await link.ask('CONNECT_LIST_ALL_NODE_DEVICES', {needResults: 1, flags: netDevices}, options);
  if (!listed || listed.devices.length === 0) return undefined;
  const read = await Promise.all(listed.devices.map(({name}) => link.ask('NODE_DEVICE_GET_XML_DESC', {name}, options)));
  const names = read.map(answer => {
    const capability = answer && child(rootOf(answer.xml, 'device'), 'capability');
    return text(capability, 'interface');
  });
  return names.filter(name => name !== undefined).toSorted();
}

function machinesOf(capabilities: string): MachineReading[] {
  return children(rootOf(capabilities, 'capabilities'), 'guest').flatMap(guest => {
    const arch = child(guest, 'arch');
    const common = machineNames(arch);
    return children(arch, 'domain').map(domain => ({
      virtType: domain.getAttribute('type') ?? '',
      arch: arch?.getAttribute('name') ?? '',
      machines: [...new Set([...common, ...machineNames(domain)])].toSorted(),
    }));
  });
}

function machineNames(parent: Parameters<typeof children>[0]): string[] {
  return children(parent, 'machine')
    .flatMap(machine => [machine.textContent?.trim() ?? '', machine.getAttribute('canonical') ?? ''])
    .filter(Boolean);
}

function versionText(version: bigint): string {
  const number = Number(version);
  return [Math.floor(number / 1e6), Math.floor(number / 1e3) % 1e3, number % 1e3].join('.');
}

function byName(a: {readonly name: string}, b: {readonly name: string}): number {
  return a.name < b.name ? -1 : 1;
}
