import type {Plan} from '@dr-toolkit/engine';
import type {Host, Inventory} from '@dr-toolkit/hosts';

import {type AssessOptions, assessMigration} from './assess-migration.ts';
import {type MigrationAssessment, nothingAssessed} from './assessment.ts';
import type {DomainMove} from './domain-move.ts';
import {domainMoves} from './domain-moves.ts';
import type {Finding} from './finding.ts';
import {findingsOf} from './migration-findings.ts';
import {migrationMoves} from './migration-drift.ts';
import type {MigrationRequest, MigrationRoute} from './migration-request.ts';

export interface RepeatOptions extends AssessOptions {
  /** The way from source to target, as dr.yaml has it now. */
  readonly route: MigrationRoute;
}

export interface RepeatedPreflight {
  readonly findings: readonly Finding[];
  readonly assessment: MigrationAssessment;
}

/**
 * The whole preflight of what a plan moves once more, in the world as it is now: memory and room on the target, CPU,
 * files, claims. For a plan that has not drifted. Claims that the plan breaks are those it was made to break, and no
 * newer ones.
 */
export async function repeatedPreflight(
  plan: Plan,
  hosts: ReadonlyMap<string, Host>,
  inventory: Inventory,
  {route, ...options}: RepeatOptions,
): Promise<RepeatedPreflight> {
  const planned = new Map(migrationMoves(plan).map(move => [move.uuid, move]));
  const [first] = planned.values();
  if (!first) return {findings: [], assessment: nothingAssessed};
  const {from, to, through, sourceDisks, keptDisks} = first;
  const request: MigrationRequest = {from, to, domains: [...planned.keys()], route, through, sourceDisks, keptDisks};
  const assessment = await assessMigration(hosts, inventory, request, options);
  const again = domainMoves(inventory, request, assessment);
  const moves = again.map(move => withClaimsBroken(move, planned.get(move.uuid)?.brokenClaims));
  return {findings: findingsOf(moves, inventory, request, assessment), assessment};
}

function withClaimsBroken(move: DomainMove, brokenClaims: DomainMove['brokenClaims']): DomainMove {
  return brokenClaims ? {...move, brokenClaims} : move;
}
