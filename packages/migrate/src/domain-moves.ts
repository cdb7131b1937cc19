import {didYouMean} from '@dr-toolkit/estate';
import type {DiskPlace, DiskReading, DomainReading, HostReading, Inventory, PoolReading} from '@dr-toolkit/hosts';
import {bandwidthOf} from '@dr-toolkit/lanes';

import {type MigrationAssessment, nothingAssessed} from './assessment.ts';
import {chosenDomains} from './chosen-domains.ts';
import type {DiskMove, DomainMove} from './domain-move.ts';
import {howToMove} from './how-to-move.ts';
import {MigrationError} from './migration-error.ts';
import {lanesOnTheWay} from './migration-lanes.ts';
import type {MigrationRequest} from './migration-request.ts';

/**
 * Which domains move, how, and where their disks and interfaces go: biggest first, as that ends soonest when several
 * move at once. Whether anything stands in the way is not asked here.
 * @throws {MigrationError} `UNKNOWN_HOST`, `SAME_HOST`, `UNKNOWN_DOMAIN`, `NOTHING_TO_MOVE`.
 */
export function domainMoves(
  inventory: Inventory,
  request: MigrationRequest,
  assessment: MigrationAssessment = nothingAssessed,
): DomainMove[] {
  if (request.from === request.to) {
    throw new MigrationError('SAME_HOST', `${request.from} is both source and target`, {
      hint: 'Name another host with --to',
    });
  }
  const {source, target} = migrationHosts(inventory, request);
  if (!source) return [];
  return chosenDomains({source, target}, request)
    .map(domain => moveOf({domain, source, target, request, assessment}))
    .toSorted((a, b) => b.weightBytes - a.weightBytes);
}

/** Source and target as read; undefined for one that did not answer. */
export function migrationHosts(
  {hosts, unreachable}: Inventory,
  {from, to}: Pick<MigrationRequest, 'from' | 'to'>,
): {source: HostReading | undefined; target: HostReading | undefined} {
  const names = [...hosts, ...unreachable].map(({name}) => name);
  for (const name of [from, to]) {
    if (!names.includes(name)) {
      throw new MigrationError('UNKNOWN_HOST', `There is no host ${name} in dr.yaml`, {
        hint: didYouMean(name, names, {what: 'host'}),
      });
    }
  }
  const named = (name: string) => hosts.find(host => host.name === name);
  return {source: named(from), target: named(to)};
}

/** The pool of a host whose folder holds `path`, the deepest one. */
export function poolOf(host: HostReading, path: string): PoolReading | undefined {
  return host.pools
    .filter(pool => pool.path !== undefined && path.startsWith(`${pool.path.replace(/\/$/u, '')}/`))
    .toSorted((a, b) => (b.path?.length ?? 0) - (a.path?.length ?? 0))[0];
}

interface Moving {
  readonly domain: DomainReading;
  readonly source: HostReading;
  readonly target: HostReading | undefined;
  readonly request: MigrationRequest;
  readonly assessment: MigrationAssessment;
}

function moveOf(moving: Moving): DomainMove {
  const {domain, target, request, assessment} = moving;
  const there = target?.domains.find(({uuid}) => uuid === domain.uuid);
  const {from, to, route, through = 'auto', sourceDisks = 'keep', keptDisks = 'refuse'} = request;
  const {downtimeMsMax, autoConverge} = request;
  const read = domain.disks.filter(disk => disk.device === 'disk' && disk.type !== 'network');
  const disks = read.map(disk => diskMove(disk, moving));
  const copied = disks.filter(disk => disk.storage === 'copy');
  const pools = read.filter((_disk, index) => disks[index]?.storage === 'copy').map(disk => poolsOf(disk, moving));
  const lanes = lanesOnTheWay(
    {from, to},
    pools.map(pool => ({source: pool.from?.name, target: pool.to?.name})),
    request.lanes,
  );
  const bandwidthMibPerSecond = bandwidthOn(lanes, request);
  const how = howToMove(domain, there, {copied, request, assessment});
  const nvram = domain.hostFiles.find(file => file.purpose === 'nvram')?.path;
  const broken = request.breakClaims?.includes(domain.name)
    ? (assessment.claims[domain.uuid] ?? []).map(({claim: {run, token}}) => ({run, token}))
    : [];
  const answered = assessment.answers[domain.uuid];
  return {
    domain: domain.name,
    uuid: domain.uuid,
    from,
    to,
    how,
    through,
    targetUri: route.targetUri,
    ...(route.migrateUri !== undefined && {migrateUri: route.migrateUri}),
    disks,
    interfaces: interfacesOf(moving),
    ...(nvram !== undefined && {nvramPath: nvram}),
    autostart: domain.autostart || (how === 'finish' && there?.autostart) ? 'on' : 'off',
    ...(answered && how !== 'offline' && {answered}),
    sourceDisks,
    keptDisks,
    ...(broken.length > 0 && {brokenClaims: broken}),
    lanes,
    memoryBytes: domain.memoryBytes,
    weightBytes: how === 'finish' ? 0 : sizeOf(copied, how === 'offline' ? 0 : domain.memoryBytes),
    ...(bandwidthMibPerSecond !== undefined && {bandwidthMibPerSecond}),
    ...(downtimeMsMax !== undefined && {downtimeMsMax}),
    ...(autoConverge !== undefined && {autoConverge}),
  };
}

const mebibyte = 1024 ** 2;

/** What the operator gives it, or less where one of its lanes is bounded: then the streams on that lane never exceed it. */
function bandwidthOn(
  lanes: readonly string[],
  {bandwidthMibPerSecond, lanes: {bytesPerSecond: perLane} = {}}: MigrationRequest,
): number | undefined {
  const perStream = bandwidthMibPerSecond === undefined ? {} : {perStream: bandwidthMibPerSecond * mebibyte};
  const bytes = bandwidthOf(lanes, {...perStream, ...(perLane && {perLane})});
  return bytes === undefined ? undefined : Math.max(1, Math.floor(bytes / mebibyte));
}

function sizeOf(disks: readonly DiskMove[], memoryBytes: number): number {
  return disks.reduce((sum, disk) => sum + disk.allocationBytes, memoryBytes);
}

/** The pools that a disk lies in, on the source and on the target. */
function poolsOf(disk: DiskReading, {source, target, request}: Moving) {
  const from = source.pools.find(({name}) => name === disk.pool) ?? poolOf(source, disk.path ?? '');
  const to = from && target?.pools.find(({name}) => name === (request.route.pools?.[from.name] ?? from.name));
  return {from, to};
}

function diskMove(disk: DiskReading, moving: Moving): DiskMove {
  const {request} = moving;
  const sourcePath = disk.path ?? '';
  const {from, to} = poolsOf(disk, moving);
  const targetPath =
    from?.path !== undefined && to?.path !== undefined ? inFolder(to.path, from.path, sourcePath) : sourcePath;
  const place: DiskPlace =
    disk.type === 'volume' && disk.volume !== undefined && disk.pool !== undefined
      ? {pool: to?.name ?? disk.pool, volume: disk.volume}
      : {path: targetPath};
  const format = disk.format === 'qcow2' ? 'qcow2' : 'raw';
  const declared = isDeclaredShared(from, request);
  const shared = isShared(from, to, {declared, sourcePath, targetPath});
  return {
    target: disk.target,
    storage: shared ? 'shared' : 'copy',
    ...(shared && isFolder(from) && {proof: 'probe'}),
    sourcePath,
    targetPath,
    place,
    format,
    ...(disk.compat !== undefined && format === 'qcow2' && {compat: disk.compat}),
    capacityBytes: disk.capacityBytes,
    allocationBytes: disk.allocationBytes,
    lengthBytes: disk.lengthBytes,
  };
}

function inFolder(targetFolder: string, sourceFolder: string, path: string): string {
  return `${targetFolder.replace(/\/$/u, '')}${path.slice(sourceFolder.replace(/\/$/u, '').length)}`;
}

/** Whether dr.yaml calls a pool of the source shared. */
export function isDeclaredShared(
  pool: PoolReading | undefined,
  {route: {sharedPools = []}}: Pick<MigrationRequest, 'route'>,
): boolean {
  return isFolder(pool) && sharedPools.includes(pool.name);
}

/** Whether a pool's volumes are files, so that a file can be written beside them. */
function isFolder(pool: PoolReading | undefined): pool is PoolReading {
  return pool !== undefined && (pool.type === 'dir' || pool.type === 'fs' || pool.type === 'netfs');
}

/** Only what says where it comes from, or what dr.yaml calls so, is taken for the same on both hosts. */
function isShared(
  from: PoolReading | undefined,
  to: PoolReading | undefined,
  {declared, sourcePath, targetPath}: {declared: boolean; sourcePath: string; targetPath: string},
): boolean {
  if (from?.path === undefined || to?.path === undefined) return false;
  const sameOrigin = from.origin !== undefined && from.type === to.type && from.origin === to.origin;
  const same = sameOrigin || (declared && isFolder(to));
  return same && sourcePath.slice(from.path.length) === targetPath.slice(to.path.length);
}

function interfacesOf({domain, target, request: {route}}: Moving): DomainMove['interfaces'] {
  const changed = domain.interfaces.flatMap(({mac, type, source}) => {
    const name = source === undefined ? undefined : route.networks?.[source];
    if (name === undefined || (type !== 'network' && type !== 'bridge')) return [];
    const isNetwork = target?.networks.some(network => network.name === name) ?? type === 'network';
    const plug = {type: isNetwork ? ('network' as const) : ('bridge' as const), source: name};
    return plug.type === type && plug.source === source ? [] : [[mac, plug] as const];
  });
  return Object.fromEntries(changed);
}
