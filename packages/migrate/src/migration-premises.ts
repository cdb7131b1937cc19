import type {DomainReading, HostReading, Inventory} from '@dr-toolkit/hosts';

import type {TargetFile} from './assessment.ts';
import {copiedDisks, type DomainMove} from './domain-move.ts';
import {poolOf} from './domain-moves.ts';
import {runs} from './how-to-move.ts';

/** What has to hold still between a migration's plan and its run. Plain data, kept in the plan. */
export interface MigrationPremises {
  /** libvirt's UUID of each host, by name. */
  readonly hosts: Readonly<Record<string, {readonly uuid: string}>>;
  /** By UUID of the domain. */
  readonly domains: Readonly<Record<string, DomainPremises>>;
}

export interface DomainPremises {
  readonly state: PresenceState;
  readonly onTarget: PresenceState;
  readonly disks: readonly DiskPremise[];
  /** What it is plugged into, by MAC. */
  readonly interfaces: Readonly<Record<string, string>>;
  /** What lay on the target where its disks go, by path. */
  readonly targetFiles: Readonly<Record<string, FilePremise>>;
  /** What it needs on the target and found at work there. */
  readonly targetPools: readonly string[];
  readonly targetNetworks: readonly string[];
}

export type PresenceState = 'running' | 'shut off' | 'absent';
export type FilePremise = 'a copy that was begun' | 'a kept disk' | 'a file of somebody else';

export interface DiskPremise {
  readonly target: string;
  readonly path: string;
  readonly format: string;
  readonly capacityBytes: number;
}

/** The facts that these moves depend on, as they were read. */
export function migrationPremises(
  moves: readonly DomainMove[],
  inventory: Inventory,
  targetFiles: Readonly<Record<string, TargetFile>>,
): MigrationPremises {
  const names = new Set(moves.flatMap(({from, to}) => [from, to]));
  const hosts = inventory.hosts.filter(({name}) => names.has(name)).map(({name, uuid}) => [name, {uuid}] as const);
  const domains = moves.map(move => [move.uuid, domainPremises(move, inventory, targetFiles)] as const);
  return {hosts: Object.fromEntries(hosts), domains: Object.fromEntries(domains)};
}

/** The same of one domain. */
export function domainPremises(
  move: DomainMove,
  {hosts}: Inventory,
  targetFiles: Readonly<Record<string, TargetFile>>,
): DomainPremises {
  const named = (name: string) => hosts.find(host => host.name === name);
  const [source, target] = [named(move.from), named(move.to)];
  const domain = domainOn(source, move.uuid);
  const files = copiedDisks(move).flatMap(({targetPath}) => {
    const file = targetFiles[targetPath];
    return file && file.unread === undefined ? [[targetPath, fileOf(file, move)] as const] : [];
  });
  return {
    state: presenceOf(domain),
    onTarget: presenceOf(domainOn(target, move.uuid)),
    disks: (domain?.disks ?? [])
      .filter(({device}) => device === 'disk' || device === 'lun')
      .map(({target: disk, path = '', format = '', capacityBytes}) => ({target: disk, path, format, capacityBytes})),
    interfaces: Object.fromEntries(
      (domain?.interfaces ?? []).map(({mac, type, source: plug = ''}) => [mac, `${type} ${plug}`]),
    ),
    targetFiles: Object.fromEntries(files),
    targetPools: target ? poolsFor(move, target) : [],
    targetNetworks: target && domain ? networksFor(move, domain, target) : [],
  };
}

function domainOn(host: HostReading | undefined, uuid: string): DomainReading | undefined {
  return host?.domains.find(domain => domain.uuid === uuid);
}

function presenceOf(domain: DomainReading | undefined): PresenceState {
  if (!domain) return 'absent';
  return runs(domain) ? 'running' : 'shut off';
}

function fileOf({note}: TargetFile, {uuid}: DomainMove): FilePremise {
  if (note?.uuid !== uuid) return 'a file of somebody else';
  return note.kind === 'incoming' ? 'a copy that was begun' : 'a kept disk';
}

function poolsFor(move: DomainMove, target: HostReading): string[] {
  const pools = move.disks.flatMap(({targetPath}) => poolOf(target, targetPath) ?? []).filter(({active}) => active);
  return [...new Set(pools.map(({name}) => name))].toSorted();
}

function networksFor({interfaces}: DomainMove, domain: DomainReading, target: HostReading): string[] {
  const needed = new Set(domain.interfaces.map(({mac, source}) => interfaces[mac]?.source ?? source));
  return target.networks.filter(({name, active}) => active && needed.has(name)).map(({name}) => name);
}
