import type {CallOptions, DaemonLink} from '../daemon-link.ts';
import type {DomainState} from '../domain/domain-state.ts';
import type {Domain} from '../domain/domain.ts';
import {Domains} from '../domain/domains.ts';
import {HostNode} from '../host-node.ts';
import {LibvirtError} from '../libvirt-error.ts';
import {Networks} from '../network/networks.ts';
import type {Network} from '../network/network.ts';
import {Secrets, type Secret} from '../secrets.ts';
import type {StoragePool} from '../storage/storage-pool.ts';
import {StoragePools} from '../storage/storage-pools.ts';
import {eventKinds, type EventKindName} from './event-kinds.ts';

/** A domain and what it does. */
export interface ListedDomain {
  readonly domain: Domain;
  readonly state: DomainState;
}

/** What there is at one moment: each list only where events of that sort were asked for. */
export interface EventListing {
  readonly domains?: readonly ListedDomain[];
  readonly networks?: readonly Network[];
  readonly pools?: readonly StoragePool[];
  readonly secrets?: readonly Secret[];
  /** Devices of the host, by name. */
  readonly nodeDevices?: readonly string[];
}

/** Lists what events of these kinds are about. Of domains only `domain`, where it is given. */
export async function listFor(
  kinds: readonly EventKindName[],
  domain: Domain | undefined,
  link: DaemonLink,
  options: CallOptions,
): Promise<EventListing> {
  const messages = kinds.map(kind => eventKinds[kind].message);
  const about = (prefix: string): boolean => messages.some(message => message.startsWith(prefix));
  const [domains, networks, pools, secrets, nodeDevices] = await Promise.all([
    about('DOMAIN') ? listDomains(domain, link, options) : undefined,
    about('NETWORK') ? new Networks(link).list(options) : undefined,
    about('STORAGE_POOL') ? new StoragePools(link).list(options) : undefined,
    about('SECRET') ? new Secrets(link).list(options) : undefined,
    about('NODE_DEVICE') ? new HostNode(link).devices(options) : undefined,
  ]);
  return {
    ...(domains !== undefined && {domains}),
    ...(networks !== undefined && {networks}),
    ...(pools !== undefined && {pools}),
    ...(secrets !== undefined && {secrets}),
    ...(nodeDevices !== undefined && {nodeDevices}),
  };
}

async function listDomains(
  domain: Domain | undefined,
  link: DaemonLink,
  options: CallOptions,
): Promise<readonly ListedDomain[]> {
  const all = new Domains(link);
  if (domain !== undefined) {
    return unlessGone(async () => {
      const found = await all.lookupByUuid(domain.uuid, options);
      return {domain: found, state: await found.state(options)};
    });
  }
  try {
    const stats = await all.stats({groups: ['state'], flags: ['nowait'], ...options});
    return stats.flatMap(({domain: one, state}) => (state === undefined ? [] : [{domain: one, state}]));
  } catch (error) {
    if (error instanceof LibvirtError && error.unsupported) return listOneByOne(all, options);
    throw error;
  }
}

/** For drivers without figures, as that of LXC. */
async function listOneByOne(all: Domains, options: CallOptions): Promise<readonly ListedDomain[]> {
  const found = await all.list(options);
  const listed = await Promise.all(
    found.map(domain => unlessGone(async () => ({domain, state: await domain.state(options)}))),
  );
  return listed.flat();
}

async function unlessGone(look: () => Promise<ListedDomain>): Promise<readonly ListedDomain[]> {
  try {
    return [await look()];
  } catch (error) {
    if (error instanceof LibvirtError && error.code === 'NO_DOMAIN') return [];
    throw error;
  }
}
