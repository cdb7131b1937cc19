import {domainState, RpcClient} from '@dr-toolkit/libvirt';
import {networkXml, poolXml} from './domain-xml.ts';
import {insideHost} from './host-power.ts';
import type {HostRecord} from './lab-record.ts';
import type {RunOptions} from './run.ts';

export interface LabDomain {
  readonly name: string;
  readonly uuid: string;
  readonly state: string;
}

/** A connection to a host's libvirtd, by its socket: a host that is cut off is reached all the same. */
export async function connectHost(host: HostRecord, {signal}: RunOptions = {}): Promise<RpcClient> {
  const socket = insideHost(host, '/run/libvirt/libvirt-sock');
  return RpcClient.connect(`qemu+unix:///system?socket=${encodeURIComponent(socket)}`, {signal});
}

/** Defines and starts what every host of a lab has: the network `lan` and the pool `default`. */
export async function furnishLibvirt(client: RpcClient, {signal}: RunOptions): Promise<void> {
  const {net} = await client.call('NETWORK_DEFINE_XML', {xml: networkXml()}, {signal});
  await client.call('NETWORK_SET_AUTOSTART', {net, autostart: 1}, {signal});
  await client.call('NETWORK_CREATE', {net}, {signal});
  const {pool} = await client.call('STORAGE_POOL_DEFINE_XML', {xml: poolXml(), flags: 0}, {signal});
  await client.call('STORAGE_POOL_SET_AUTOSTART', {pool, autostart: 1}, {signal});
  await client.call('STORAGE_POOL_CREATE', {pool, flags: 0}, {signal});
}

export async function startDomain(client: RpcClient, xml: string, {signal}: RunOptions): Promise<void> {
  const {dom} = await client.call('DOMAIN_DEFINE_XML', {xml}, {signal});
  await client.call('DOMAIN_CREATE', {dom}, {signal});
}

/** Every domain of a host, sorted by name. */
export async function listDomains(host: HostRecord, options: RunOptions = {}): Promise<readonly LabDomain[]> {
  await using client = await connectHost(host, options);
  const {domains} = await client.call('CONNECT_LIST_ALL_DOMAINS', {needResults: 1, flags: 0}, options);
  const found = await Promise.all(
    domains.map(async dom => {
      const {state, reason} = await client.call('DOMAIN_GET_STATE', {dom, flags: 0}, options);
      return {name: dom.name, uuid: dom.uuid, state: domainState(state, reason).state};
    }),
  );
  return found.sort((one, other) => one.name.localeCompare(other.name));
}
