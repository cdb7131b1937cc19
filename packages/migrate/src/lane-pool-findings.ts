import type {MissingPool} from '@dr-toolkit/estate';

import type {Finding} from './finding.ts';

/** Pools that dr.yaml gives lanes and that are not there: what it says of them bounds nothing. */
export function lanePoolFindings(missing: readonly MissingPool[]): Finding[] {
  return missing.map(({host, name, hint}) => ({
    severity: 'warns',
    code: 'LANE_POOL_MISSING',
    host,
    message: `${host} has no pool ${name}, which dr.yaml gives a lane of its own; its streams hold the disk of the host`,
    remedy: `Correct lanes.pools in dr.yaml. ${hint}`,
  }));
}
