import type {Estate} from './estate.ts';

/**
 * How many places each lane of the estate has: `host:NAME/disk`, `host:NAME/migrations-in`, `host:NAME/migrations-out`,
 * and `link:A-B` for each pair of hosts, sorted by name. A link bears what the weaker of its two hosts does.
 */
export function lanePlaces({hosts}: Estate): Record<string, number> {
  const places: Record<string, number> = {};
  for (const {name, lanes} of hosts) {
    places[`host:${name}/disk`] = lanes.disk;
    places[`host:${name}/migrations-in`] = lanes.migrations;
    places[`host:${name}/migrations-out`] = lanes.migrations;
    for (const other of hosts) {
      if (other.name <= name) continue;
      places[`link:${name}-${other.name}`] = Math.min(lanes.net, other.lanes.net);
    }
  }
  return places;
}

/** Hosts whose disk lanes find their own places, with the lane and the places it begins with. */
export function automaticDisks({hosts}: Estate): ReadonlyArray<{host: string; lane: string; from: number}> {
  return hosts
    .filter(({lanes}) => lanes.automatic?.includes('disk'))
    .map(({name, lanes}) => ({host: name, lane: `host:${name}/disk`, from: lanes.disk}));
}

const mebibyte = 1024 ** 2;

/** What all streams of a lane may carry together, in bytes per second. A link carries what the weaker of its two hosts may. */
export function laneCaps({hosts}: Estate): Record<string, number> {
  const caps: Record<string, number> = {};
  for (const {name, lanes} of hosts) {
    const {disk, net} = lanes.mibPerSecond ?? {};
    if (disk !== undefined) caps[`host:${name}/disk`] = disk * mebibyte;
    for (const other of hosts) {
      const both = [net, other.lanes.mibPerSecond?.net].filter(cap => cap !== undefined);
      if (other.name > name && both.length > 0) caps[`link:${name}-${other.name}`] = Math.min(...both) * mebibyte;
    }
  }
  return caps;
}
