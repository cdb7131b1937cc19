import type {AutomaticLane} from '@dr-toolkit/engine';
import {
  arrivingLane,
  diskLane,
  type Estate,
  estateDigest,
  estateLane,
  findHost,
  isPoolLane,
  laneCaps,
  lanePlaces,
  leavingLane,
  linkLane,
  missingPools,
  routeBetween,
  shellWord,
} from '@dr-toolkit/estate';
import {type Inventory, readInventory} from '@dr-toolkit/hosts';
import {bandwidthOf} from '@dr-toolkit/lanes';
import {
  type AssessOptions,
  assessMigration,
  bySeverity,
  lanePoolFindings,
  type MigrationAssessment,
  type MigrationLanes,
  migrationPlan,
  type MigrationRequest,
  type PlannedMigration,
} from '@dr-toolkit/migrate';

import {automaticLanesFor} from './automatic-lanes.ts';
import {openedHosts, type OpenHosts} from './open-estate.ts';

/** The options of `migrate` and `plan migrate`. */
export interface MigrateOptions {
  readonly from: string;
  readonly to: string;
  readonly mode?: 'auto' | 'live' | 'offline' | undefined;
  readonly managed?: boolean | undefined;
  readonly skipBlocked?: boolean | undefined;
  readonly deleteSource?: boolean | undefined;
  readonly replaceKept?: boolean | undefined;
  readonly keepGoing?: boolean | undefined;
  readonly bandwidth?: number | undefined;
  readonly downtime?: number | undefined;
  readonly autoConverge?: boolean | undefined;
  readonly parallel?: number | undefined;
  readonly breakClaim?: readonly string[] | undefined;
}

export interface PreparedMigration extends PlannedMigration {
  readonly inventory: Inventory;
  readonly assessment: MigrationAssessment;
  /** Places by lane. */
  readonly lanes: Readonly<Record<string, number>>;
  /** Lanes that find their own places. */
  readonly automatic: readonly AutomaticLane[];
  readonly opened: OpenHosts;
}

/**
 * Reads both hosts and plans the moves. Touches nothing. The hosts are left open, for the run.
 * @throws {EstateNameError | MigrationError} for names and requests that make no sense.
 */
export async function preparedMigration(
  estate: Estate,
  domains: readonly string[],
  options: MigrateOptions,
  {signal, standingOf}: AssessOptions & {readonly signal: AbortSignal},
): Promise<PreparedMigration> {
  const [source, target] = [findHost(estate, options.from), findHost(estate, options.to)];
  const opened = openedHosts(source === target ? [source] : [source, target]);
  try {
    const request = requestOf(estate, domains, options);
    const inventory = await readInventory(opened.hosts.values(), {signal});
    const assessment = await assessMigration(opened.hosts, inventory, request, {
      signal,
      ...(standingOf && {standingOf}),
    });
    const words = {command: commandOf(domains, options), estate: estateDigest(estate), ...optionsOf(options)};
    const planned = migrationPlan(inventory, request, assessment, words);
    const automatic = automaticLanesFor(estate, opened.hosts, options);
    const findings = [...planned.findings, ...lanePoolFindings(missingPools(estate, inventory.hosts))];
    return {
      ...planned,
      findings: findings.toSorted(bySeverity),
      inventory,
      assessment,
      lanes: lanesFor(estate, options),
      automatic,
      opened,
    };
  } catch (error) {
    await opened[Symbol.asyncDispose]();
    throw error;
  }
}

/** What a run of the plan needs beside its steps. */
function optionsOf({parallel}: MigrateOptions) {
  return parallel === undefined ? {} : {options: {parallel}};
}

export function requestOf(estate: Estate, domains: readonly string[], options: MigrateOptions): MigrationRequest {
  const {from, to, mode, downtime} = options;
  return {
    from,
    to,
    domains,
    route: routeBetween(estate, {from, to}),
    lanes: migrationLanesOf(estate, options),
    services: Object.fromEntries(estate.services.flatMap(({name, domains: ofIt}) => ofIt.map(one => [one.name, name]))),
    ...(mode && {mode}),
    ...(options.managed && {through: 'client'}),
    ...(options.skipBlocked && {blocked: 'skip'}),
    ...(options.deleteSource && {sourceDisks: 'delete'}),
    ...(options.replaceKept && {keptDisks: 'replace'}),
    ...(options.keepGoing && {afterFailure: 'go-on'}),
    ...(options.bandwidth !== undefined && {bandwidthMibPerSecond: options.bandwidth}),
    ...(downtime !== undefined && {downtimeMsMax: downtime}),
    ...(options.autoConverge && {autoConverge: 'on'}),
    ...(options.breakClaim && {breakClaims: options.breakClaim}),
  };
}

/**
 * What dr.yaml says of lanes beyond the hosts' own. Each place of a lane with a bound has an equal share of it, so that
 * all together never exceed it.
 */
function migrationLanesOf(estate: Estate, options: MigrateOptions): MigrationLanes {
  const places = lanesFor(estate, options);
  const caps = laneCaps(estate);
  const share = (lane: string) => bandwidthOf([lane], {perLane: caps}, () => places[lane] ?? 1) ?? 0;
  return {
    pools: Object.keys(places).filter(lane => isPoolLane(lane)),
    ...(estate.together && {together: estateLane}),
    bytesPerSecond: Object.fromEntries(Object.keys(caps).map(lane => [lane, share(lane)])),
  };
}

/** With --parallel the lanes between these two hosts have that many places, whatever dr.yaml says. */
export function lanesFor(
  estate: Estate,
  {from, to, parallel}: Pick<MigrateOptions, 'from' | 'to' | 'parallel'>,
): Record<string, number> {
  const lanes = lanePlaces(estate);
  if (parallel === undefined) return lanes;
  const between = [
    diskLane(from),
    diskLane(to),
    leavingLane(from),
    arrivingLane(to),
    linkLane(from, to),
    ...Object.keys(lanes).filter(lane => isPoolLane(lane, from) || isPoolLane(lane, to)),
  ];
  return {...lanes, ...Object.fromEntries(between.map(lane => [lane, parallel]))};
}

/** The command as it can be typed again in a shell, for the journal. */
export function commandOf(domains: readonly string[], options: MigrateOptions): string {
  const flags = [
    options.mode === undefined || options.mode === 'auto' ? '' : `--mode ${options.mode}`,
    options.managed ? '--managed' : '',
    options.skipBlocked ? '--skip-blocked' : '',
    options.deleteSource ? '--delete-source' : '',
    options.replaceKept ? '--replace-kept' : '',
    options.keepGoing ? '--keep-going' : '',
    options.bandwidth === undefined ? '' : `--bandwidth ${options.bandwidth}`,
    options.downtime === undefined ? '' : `--downtime ${options.downtime}`,
    options.autoConverge ? '--auto-converge' : '',
    options.parallel === undefined ? '' : `--parallel ${options.parallel}`,
    ...(options.breakClaim ?? []).map(domain => `--break-claim ${shellWord(domain)}`),
  ].filter(flag => flag !== '');
  const names = [...(domains.some(name => name.startsWith('-')) ? ['--'] : []), ...domains.map(shellWord)];
  return ['migrate', `--from ${options.from}`, `--to ${options.to}`, ...flags, ...names].join(' ');
}
