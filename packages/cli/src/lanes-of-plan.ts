import type {AutomaticLane, Plan} from '@dr-toolkit/engine';
import {type Estate, lanePlaces} from '@dr-toolkit/estate';
import type {Host} from '@dr-toolkit/hosts';
import {migrationMoves} from '@dr-toolkit/migrate';

import {automaticLanesFor} from './automatic-lanes.ts';
import {lanesFor} from './prepare-migration.ts';

export interface LanesOfPlan {
  readonly lanes: Readonly<Record<string, number>>;
  readonly automatic: readonly AutomaticLane[];
}

/** The lanes that a plan runs with, whoever runs it and however often: those of dr.yaml, and as it was made with --parallel. */
export function lanesOfPlan(plan: Plan, estate: Estate, hosts: ReadonlyMap<string, Host> = new Map()): LanesOfPlan {
  const [first] = migrationMoves(plan);
  const parallel = plan.intent.options?.parallel;
  if (!first || typeof parallel !== 'number')
    return {lanes: lanePlaces(estate), automatic: automaticLanesFor(estate, hosts)};
  return {lanes: lanesFor(estate, {from: first.from, to: first.to, parallel}), automatic: []};
}
