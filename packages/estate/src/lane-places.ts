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
