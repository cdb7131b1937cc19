import type {Estate, EstateHost, EstateLink, LaneSize} from './estate.ts';
import {arrivingLane, diskLane, estateLane, leavingLane, linkLane, poolLane} from './lane-names.ts';
import {poolAt} from './route-between.ts';

const mebibyte = 1024 ** 2;

/**
 * How many places each lane of the estate has: `host:NAME/disk`, `host:NAME/migrations-in`, `host:NAME/migrations-out`,
 * `pool:HOST/POOL` for each pool with disks of its own, by libvirt's name of it, `link:A-B` for each pair of hosts, sorted
 * by name, and `estate` if all together have a limit. A link bears what the weaker of its two hosts does, unless dr.yaml
 * says it of the link.
 */
export function lanePlaces(estate: Estate): Record<string, number> {
  const places: Record<string, number> = {};
  for (const {name, lanes} of estate.hosts) {
    places[diskLane(name)] = lanes.disk;
    places[arrivingLane(name)] = lanes.migrations;
    places[leavingLane(name)] = lanes.migrations;
  }
  for (const {lane, size} of ownPools(estate)) places[lane] = size.places;
  for (const {lane, hosts, said} of links(estate)) {
    places[lane] = said?.places ?? Math.min(...hosts.map(({lanes}) => lanes.net));
  }
  if (estate.together) places[estateLane] = estate.together.places;
  return places;
}

/** What all streams of a lane may carry together, in bytes per second. A link carries what the weaker of its two hosts may. */
export function laneCaps(estate: Estate): Record<string, number> {
  const caps: Record<string, number> = {};
  const cap = (lane: string, mibPerSecond: number | undefined) => {
    if (mibPerSecond !== undefined) caps[lane] = mibPerSecond * mebibyte;
  };
  for (const {name, lanes} of estate.hosts) cap(diskLane(name), lanes.mibPerSecond?.disk);
  for (const {lane, size} of ownPools(estate)) cap(lane, size.mibPerSecond);
  for (const {lane, hosts, said} of links(estate)) {
    const weaker = hosts.flatMap(({lanes}) => lanes.mibPerSecond?.net ?? []);
    cap(lane, said?.mibPerSecond ?? (weaker.length > 0 ? Math.min(...weaker) : undefined));
  }
  cap(estateLane, estate.together?.mibPerSecond);
  return caps;
}

/** Hosts whose disk lanes find their own places, with the lane and the places it begins with. */
export function automaticDisks({hosts}: Estate): ReadonlyArray<{host: string; lane: string; from: number}> {
  return hosts
    .filter(({lanes}) => lanes.automatic?.includes('disk'))
    .map(({name, lanes}) => ({host: name, lane: diskLane(name), from: lanes.disk}));
}

function ownPools(estate: Estate): Array<{readonly lane: string; readonly size: LaneSize}> {
  return estate.hosts.flatMap(host =>
    Object.entries(host.lanes.pools ?? {}).map(([name, size]) => ({
      lane: poolLane(host.name, poolAt(estate, name, host)),
      size,
    })),
  );
}

interface Link {
  readonly lane: string;
  readonly hosts: readonly [EstateHost, EstateHost];
  readonly said: EstateLink | undefined;
}

function links({hosts, links: entries}: Estate): Link[] {
  return hosts.flatMap(one =>
    hosts
      .filter(({name}) => name > one.name)
      .map(other => ({
        lane: linkLane(one.name, other.name),
        hosts: [one, other] as const,
        said: entries.find(({between}) => between.includes(one.name) && between.includes(other.name)),
      })),
  );
}
