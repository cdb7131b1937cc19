import type {Plan} from '@dr-toolkit/engine';
import type {Inventory} from '@dr-toolkit/hosts';

import type {TargetFile} from './assessment.ts';
import type {DiskMove, DomainMove} from './domain-move.ts';
import {domainMoves} from './domain-moves.ts';
import {domainPremises, type DiskPremise, type DomainPremises, type MigrationPremises} from './migration-premises.ts';
import type {MigrationRoute} from './migration-request.ts';
import {moveOfStep} from './move-of-step.ts';

/** Something that a plan depends on and that is not any more as it was. */
export interface Drift {
  readonly host: string;
  /** Absent when it concerns the host. */
  readonly domain?: string;
  /** What it was and what it is. */
  readonly message: string;
}

/** The world as it is now. */
export interface Present {
  readonly inventory: Inventory;
  /** What lies on the targets where disks are to go, by path. */
  readonly targetFiles: Readonly<Record<string, TargetFile>>;
  /** The way from source to target, as dr.yaml has it now. */
  readonly route: MigrationRoute;
}

/**
 * How the world has moved away under a migration's plan, in ways that matter to it; empty when it still fits. What has
 * no bearing on the plan (other domains, free memory, how long something has run) is not looked at.
 */
export function migrationDrift(plan: Plan, present: Present): Drift[] {
  const premises = plan.premises as MigrationPremises | undefined;
  const moves = migrationMoves(plan);
  if (!premises) return [{host: moves[0]?.from ?? '-', message: 'The plan does not say what it depends on'}];
  const hosts = hostDrift(premises, present.inventory);
  const away = new Set(hosts.map(({host}) => host));
  const judged = moves.filter(({from, to}) => !away.has(from) && !away.has(to));
  return [...hosts, ...judged.flatMap(move => domainDrift(move, premises.domains[move.uuid], present))];
}

/** What a plan moves, in its order. */
export function migrationMoves(plan: Plan): DomainMove[] {
  const moves = plan.steps.flatMap(step => moveOfStep(step) ?? []);
  return [...new Map(moves.map(move => [move.uuid, move])).values()];
}

function hostDrift({hosts}: MigrationPremises, {hosts: readings, unreachable}: Inventory): Drift[] {
  return Object.entries(hosts).flatMap(([host, {uuid}]) => {
    const silent = unreachable.find(({name}) => name === host);
    if (silent) return [{host, message: silent.message}];
    const reading = readings.find(({name}) => name === host);
    if (!reading) return [{host, message: `${host} is not in dr.yaml any more`}];
    if (reading.uuid === uuid) return [];
    return [{host, message: `${host} was the machine ${uuid} and is ${reading.uuid} now`}];
  });
}

function domainDrift(move: DomainMove, was: DomainPremises | undefined, present: Present): Drift[] {
  const {domain, from, to, uuid} = move;
  const drifts: Drift[] = [];
  const say = (host: string, message: string) => drifts.push({host, domain, message});
  if (!was) return [{host: from, domain, message: `The plan does not say what it depends on for ${domain}`}];
  const is = domainPremises(move, present.inventory, present.targetFiles);
  if (is.onTarget !== was.onTarget) say(to, `${domain} was ${was.onTarget} on ${to} and is ${is.onTarget} there now`);
  if (is.state !== was.state) say(from, `${domain} was ${was.state} on ${from} and is ${is.state} there now`);
  if (is.state === 'absent') return drifts;
  const disks = changes(diskTexts(was.disks), diskTexts(is.disks), disk => `disk ${disk} of ${domain}`);
  const interfaces = changes(was.interfaces, is.interfaces, mac => `the network of ${domain} (${mac})`);
  for (const message of [...disks, ...interfaces]) say(from, message);
  for (const [path, file] of Object.entries(is.targetFiles)) {
    if (was.targetFiles[path] === file || file === 'a copy that was begun') continue;
    say(to, was.targetFiles[path] ? `${path} on ${to} is ${file} now` : `${path} has appeared on ${to}: ${file}`);
  }
  for (const pool of was.targetPools) {
    if (!is.targetPools.includes(pool)) say(to, `Pool ${pool} on ${to} was active and is not any more`);
  }
  for (const network of was.targetNetworks) {
    if (!is.targetNetworks.includes(network)) say(to, `Network ${network} on ${to} was active and is not any more`);
  }
  const request = {from, to, domains: [uuid], route: present.route};
  const [again] = domainMoves(present.inventory, request);
  // The way is compared only where nothing else has changed: the way follows from all the rest.
  if (again && drifts.length === 0) for (const message of wayDrift(move, again)) say(to, message);
  return drifts;
}

/** What dr.yaml has changed of the way. */
function wayDrift(was: DomainMove, is: DomainMove): string[] {
  const {domain, to} = was;
  return [
    ...changes(ways(was), ways(is), way => `dr.yaml: ${way}`),
    ...changes(places(was), places(is), disk => `dr.yaml: the place of disk ${disk} of ${domain} on ${to}`),
    ...changes(plugs(was), plugs(is), mac => `dr.yaml: the network of ${domain} (${mac}) on ${to}`),
  ];
}

function diskTexts(disks: readonly DiskPremise[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    disks.map(({target, path, format, capacityBytes}) => [target, `${path} (${format}, ${capacityBytes} bytes)`]),
  );
}

function ways({to, targetUri, migrateUri = 'its host name'}: DomainMove): Readonly<Record<string, string>> {
  return {[`${to} as its peers reach it`]: targetUri, [`where ${to} takes memory and disks`]: migrateUri};
}

function places({disks}: DomainMove): Readonly<Record<string, string>> {
  return Object.fromEntries(disks.map(disk => [disk.target, placeText(disk)]));
}

function placeText({targetPath, place, storage}: DiskMove): string {
  const text = 'pool' in place ? `${place.pool}/${place.volume}` : targetPath;
  return storage === 'shared' ? `${text}, shared` : text;
}

function plugs({interfaces}: DomainMove): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(interfaces).map(([mac, {type, source}]) => [mac, `${type} ${source}`]));
}

function changes(
  was: Readonly<Record<string, string>>,
  is: Readonly<Record<string, string>>,
  nameOf: (key: string) => string,
): string[] {
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].flatMap(key => {
    const [before, now] = [was[key], is[key]];
    if (before === now) return [];
    if (before === undefined) return [`${nameOf(key)} is new: ${now}`];
    return [now === undefined ? `${nameOf(key)} is gone: ${before}` : `${nameOf(key)} was ${before} and is ${now} now`];
  });
}
