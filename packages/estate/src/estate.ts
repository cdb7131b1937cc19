import {durationMs} from './duration.ts';
import type {EstateDocument} from './schema.ts';

/** All that dr looks after, as dr.yaml declares it. Plain data; every list is in the order of the file. */
export interface Estate {
  readonly name: string;
  readonly sites: readonly string[];
  readonly hosts: readonly EstateHost[];
  readonly networks: readonly EstateNetwork[];
  readonly pools: readonly EstatePool[];
  /** Names of pools, as in `pools` or as libvirt's own, that hold the same files on every host that has them. */
  readonly sharedPools: readonly string[];
  readonly links: readonly EstateLink[];
  readonly services: readonly Service[];
  readonly lanes: LaneSizes;
  /** What all hosts bear together; absent: no limit. */
  readonly together?: LaneSize;
}

export interface EstateHost {
  readonly name: string;
  readonly uri: string;
  /** How other hosts reach its libvirt; `uri` when dr.yaml does not say. */
  readonly peerUri: string;
  /** Where other hosts send memory and disks; absent: its own host name. */
  readonly migrateUri?: string;
  readonly site?: string;
  readonly fence?: Fence;
  readonly lanes: LaneSizes;
}

export interface Fence {
  readonly agent: string;
  readonly options: Readonly<Record<string, string | number | boolean>>;
  readonly secrets: Readonly<Record<string, SecretReference>>;
}

/** Where a secret is. */
export type SecretReference =
  | {readonly env: string}
  | {readonly file: string}
  | {readonly command: string | readonly string[]};

export interface EstateNetwork {
  readonly name: string;
  /** By site or host. */
  readonly at: Readonly<Record<string, NetworkPlace>>;
}

export interface NetworkPlace {
  /** The libvirt network or bridge. */
  readonly libvirt: string;
  readonly subnet?: string;
  readonly gateway?: string;
  readonly dns: readonly string[];
}

export interface EstatePool {
  readonly name: string;
  /** libvirt's name of it, by site or host. */
  readonly at: Readonly<Record<string, string>>;
}

/** What the link of two hosts bears, where dr.yaml says it of the link itself. */
export interface EstateLink extends Partial<LaneSize> {
  readonly between: readonly [string, string];
}

export interface Service {
  readonly name: string;
  readonly rpoMs?: number;
  readonly rtoMs?: number;
  /** Services. */
  readonly after: readonly string[];
  readonly domains: readonly ServiceDomain[];
  readonly checks: readonly Check[];
}

export interface ServiceDomain {
  readonly name: string;
  readonly recipe?: string;
  /** Domains or services. */
  readonly after: readonly string[];
  /** By network, then by site or host. */
  readonly addresses: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export type Check = (
  | {readonly http: string; readonly expect: {readonly status?: number; readonly contains?: string}}
  | {readonly tcp: string}
  | {readonly command: string | readonly string[]}
) & {readonly withinMs?: number};

/** How many heavy streams at once, and what they may carry together. */
export interface LaneSize {
  readonly places: number;
  readonly mibPerSecond?: number;
}

/** How many heavy acts a host bears at once. */
export interface LaneSizes {
  readonly disk: number;
  readonly net: number;
  readonly migrations: number;
  /** Pools with disks of their own, by their names in `pools` or as libvirt calls them. */
  readonly pools?: Readonly<Record<string, LaneSize>>;
  /** Those of them that are named for this very host, and not for all hosts. */
  readonly ownPools?: readonly string[];
  /** dr finds out by itself how many streams the disks bear; `disk` is what it begins with. */
  readonly automatic?: readonly 'disk'[];
  /** What all streams of a lane may carry together. */
  readonly mibPerSecond?: {readonly disk?: number; readonly net?: number};
}

const placesDefault = 2;
/** Places that a disk on auto begins with: while one move connects or carries memory, the others use the disk. */
const placesAutoFrom = 4;
/** Places of links and migrations beside a disk on auto: the disk decides. */
const placesBesideAuto = 8;

/** The estate that a dr.yaml without mistakes declares. */
export function estateOf(document: EstateDocument): Estate {
  return {
    name: document.estate,
    sites: Object.keys(document.sites ?? {}),
    hosts: listed(document.hosts, (name, host) => hostOf(name, host, document.lanes)),
    networks: listed(document.networks ?? {}, networkOf),
    pools: listed(document.pools ?? {}, (name, at) => ({name, at})),
    sharedPools: document.sharedPools ?? [],
    links: (document.links ?? []).map(({between, ...size}) => Object.assign(given(size), {between})),
    services: listed(document.services ?? {}, serviceOf),
    lanes: laneSizes(document.lanes),
    ...(document.lanes?.estate !== undefined && {together: laneSize(document.lanes.estate)}),
  };
}

function hostOf(name: string, host: EstateDocument['hosts'][string], lanes: LaneEntries): EstateHost {
  return {
    ...given({migrateUri: host.migrateUri, site: host.site}),
    name,
    uri: host.uri,
    peerUri: host.peerUri ?? host.uri,
    ...(host.fence && {
      fence: {agent: host.fence.agent, options: host.fence.options ?? {}, secrets: host.fence.secrets ?? {}},
    }),
    lanes: {
      ...laneSizes({...lanes, ...given(host.lanes ?? {}), pools: {...lanes?.pools, ...host.lanes?.pools}}),
      ...(host.lanes?.pools && {ownPools: Object.keys(host.lanes.pools)}),
    },
  };
}

type LaneEntries = Omit<NonNullable<EstateDocument['lanes']>, 'estate'> | undefined;

function laneSizes({disk, net, migrations, pools = {}}: NonNullable<LaneEntries> = {}): LaneSizes {
  const [ofDisk, ofNet] = [laneOf(disk), laneOf(net)];
  const auto = ofDisk.places === 'auto';
  const [unset, others] = auto ? [placesAutoFrom, placesBesideAuto] : [placesDefault, placesDefault];
  const caps = given({disk: ofDisk.mibPerSecond, net: ofNet.mibPerSecond});
  return {
    disk: typeof ofDisk.places === 'number' ? ofDisk.places : unset,
    net: typeof ofNet.places === 'number' ? ofNet.places : others,
    migrations: migrations ?? others,
    ...(Object.keys(pools).length > 0 && {
      pools: Object.fromEntries(Object.entries(pools).map(([name, entry]) => [name, laneSize(entry)])),
    }),
    ...(auto && {automatic: ['disk'] as const}),
    ...(Object.keys(caps).length > 0 && {mibPerSecond: caps}),
  };
}

interface LaneEntry {
  readonly places?: number | 'auto' | undefined;
  readonly mibPerSecond?: number | undefined;
}

function laneSize(entry: number | {places?: number | undefined; mibPerSecond?: number | undefined}): LaneSize {
  const {places = placesDefault, mibPerSecond} = typeof entry === 'object' ? entry : {places: entry};
  return {places, ...given({mibPerSecond})};
}

function laneOf(entry: number | 'auto' | LaneEntry | undefined): LaneEntry {
  return typeof entry === 'object' ? entry : {places: entry};
}

function networkOf(name: string, at: NonNullable<EstateDocument['networks']>[string]): EstateNetwork {
  const places = Object.entries(at).map(([place, {dns, libvirt, ...rest}]): [string, NetworkPlace] => [
    place,
    Object.assign(given(rest), {libvirt, dns: dns ?? []}),
  ]);
  return {name, at: Object.fromEntries(places)};
}

type ServiceEntry = NonNullable<EstateDocument['services']>[string];

function serviceOf(name: string, {rpo, rto, after, domains, checks}: ServiceEntry): Service {
  return {
    name,
    ...given({rpoMs: msOf(rpo), rtoMs: msOf(rto)}),
    after: after ?? [],
    domains: listed(domains, domainOf),
    checks: (checks ?? []).map(checkOf),
  };
}

function domainOf(name: string, entry: ServiceEntry['domains'][string]): ServiceDomain {
  const {recipe, after = [], addresses = {}} = entry ?? {};
  return {name, ...given({recipe}), after, addresses};
}

function checkOf({within, ...check}: NonNullable<ServiceEntry['checks']>[number]): Check {
  const limit = given({withinMs: msOf(within)});
  return 'http' in check ? {...limit, http: check.http, expect: given(check.expect ?? {})} : {...limit, ...check};
}

function listed<Entry, Item>(
  entries: Readonly<Record<string, Entry>>,
  item: (name: string, entry: Entry) => Item,
): Item[] {
  return Object.entries(entries).map(([name, entry]) => item(name, entry));
}

function msOf(duration: string | undefined): number | undefined {
  return duration === undefined ? undefined : durationMs(duration);
}

type Given<T> = {[K in keyof T]?: Exclude<T[K], undefined>};

/** Without the keys that are undefined. */
function given<T extends object>(value: T): Given<T> {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as Given<T>;
}
