import type {Plan} from '@dr-toolkit/engine';
import {type Estate, type EstateHost, findHost} from '@dr-toolkit/estate';
import {migrationMoves} from '@dr-toolkit/migrate';

/**
 * The hosts that a plan works on, by dr.yaml.
 * @throws {EstateError} when one of them is not in it any more.
 */
export function hostsOfRun(plan: Plan, estate: Estate): EstateHost[] {
  const names = new Set(migrationMoves(plan).flatMap(({from, to}) => [from, to]));
  return [...names].map(name => findHost(estate, name));
}
