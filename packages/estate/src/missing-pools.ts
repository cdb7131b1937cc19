import type {HostReading} from '@dr-toolkit/hosts';

import type {Estate, EstateHost} from './estate.ts';
import {poolLane} from './lane-names.ts';
import {didYouMean} from './nearest.ts';
import {poolAt} from './route-between.ts';

/** A pool that dr.yaml gives a lane on a host that has no such pool: nothing ever holds that lane. */
export interface MissingPool {
  readonly host: string;
  /** As `lanes.pools` has it. */
  readonly name: string;
  readonly lane: string;
  /** What was probably meant, or what there is. */
  readonly hint: string;
}

/**
 * Every pool in `lanes.pools` that is not there, on the hosts that were read. One that is named for all hosts is missing
 * only when all of them were read, and none has it.
 */
export function missingPools(
  estate: Estate,
  readings: ReadonlyArray<Pick<HostReading, 'name' | 'pools'>>,
): MissingPool[] {
  const read = estate.hosts.flatMap(host => {
    const reading = readings.find(({name}) => name === host.name);
    return reading ? [{host, names: reading.pools.map(pool => pool.name)}] : [];
  });
  const nowhere = new Set(
    Object.keys(estate.lanes.pools ?? {}).filter(
      name =>
        read.length === estate.hosts.length &&
        read.every(({host, names}) => !names.includes(poolAt(estate, name, host))),
    ),
  );
  return read.flatMap(({host, names}) =>
    Object.keys(host.lanes.pools ?? {})
      .filter(name => nowhere.has(name) || host.lanes.ownPools?.includes(name))
      .filter(name => !names.includes(poolAt(estate, name, host)))
      .map(name => ({
        host: host.name,
        name,
        lane: poolLane(host.name, poolAt(estate, name, host)),
        hint: didYouMean(name, candidates(estate, host, names), {what: `pool on ${host.name}`}),
      })),
  );
}

/** Pools of a host by libvirt's names, and by those that dr.yaml has for them. */
function candidates(estate: Estate, host: EstateHost, names: readonly string[]): Set<string> {
  const mapped = estate.pools.filter(({name}) => names.includes(poolAt(estate, name, host)));
  return new Set([...names, ...mapped.map(({name}) => name)]);
}
