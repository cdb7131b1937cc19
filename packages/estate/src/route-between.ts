import type {Estate, EstateHost} from './estate.ts';
import {findHost} from './find-host.ts';

/** What a domain's surroundings on one host are called on another. */
export interface Route {
  /** The target as the source's libvirtd reaches it. */
  readonly targetUri: string;
  readonly migrateUri?: string;
  /** Network or bridge of the source to that of the target. What is not named keeps its name. */
  readonly networks: Readonly<Record<string, string>>;
  /** Pool of the source to pool of the target. What is not named keeps its name. */
  readonly pools: Readonly<Record<string, string>>;
  /** Pools, as the source calls them, whose files the target sees too. */
  readonly sharedPools: readonly string[];
}

/** The way from host to host, by dr.yaml. An entry for a host goes before one for its site. */
export function routeBetween(estate: Estate, {from, to}: {readonly from: string; readonly to: string}): Route {
  const [source, target] = [findHost(estate, from), findHost(estate, to)];
  return {
    targetUri: target.peerUri,
    ...(target.migrateUri !== undefined && {migrateUri: target.migrateUri}),
    networks: mapped(estate.networks, source, target, place => place.libvirt),
    pools: mapped(estate.pools, source, target, place => place),
    sharedPools: estate.sharedPools.map(name => poolAt(estate, name, source)),
  };
}

/** What libvirt calls a pool on a host, when dr.yaml has it as `name`. */
export function poolAt({pools}: Estate, name: string, host: EstateHost): string {
  const pool = pools.find(entry => entry.name === name);
  return (pool && placeFor(pool.at, host)) ?? name;
}

function mapped<Place>(
  entries: ReadonlyArray<{readonly at: Readonly<Record<string, Place>>}>,
  source: EstateHost,
  target: EstateHost,
  nameOf: (place: Place) => string,
): Record<string, string> {
  return Object.fromEntries(
    entries.flatMap(({at}) => {
      const [here, there] = [placeFor(at, source), placeFor(at, target)];
      return here === undefined || there === undefined ? [] : [[nameOf(here), nameOf(there)]];
    }),
  );
}

/** What holds at a host: its own entry, or that of its site. */
export function placeFor<Place>(at: Readonly<Record<string, Place>>, host: EstateHost): Place | undefined {
  return at[host.name] ?? (host.site === undefined ? undefined : at[host.site]);
}
