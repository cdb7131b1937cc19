import type {Inventory} from '@dr-toolkit/hosts';
import {digestOf, type Json, makePlan, type Plan, type StepInput} from '@dr-toolkit/engine';

import {type MigrationAssessment, nothingAssessed} from './assessment.ts';
import {beginsAnew, type DomainMove} from './domain-move.ts';
import {domainMoves} from './domain-moves.ts';
import type {Finding} from './finding.ts';
import {migrationFindings} from './migration-findings.ts';
import {migrationKinds} from './migration-kinds.ts';
import {migrationPremises} from './migration-premises.ts';
import type {MigrationRequest} from './migration-request.ts';

export interface PlannedMigration {
  /** Undefined when something stands in the way and `blocked` is `refuse`, or when it stands in the way of all. */
  readonly plan: Plan | undefined;
  /** What the plan moves, in its order. */
  readonly moves: readonly DomainMove[];
  /** Domains that were asked for and are left out. */
  readonly skipped: readonly DomainMove[];
  readonly findings: readonly Finding[];
}

export interface PlanWords {
  /** What the operator typed, for the journal. */
  readonly command?: string;
  /** What of it the run needs beside its steps: plain data. */
  readonly options?: {readonly [key: string]: Json};
  /** Digest of dr.yaml. */
  readonly estate?: string;
}

/**
 * What has to be done to move domains from host to host, and what stands in the way. Touches nothing.
 * @throws {MigrationError} when the request makes no sense: `UNKNOWN_HOST`, `UNKNOWN_DOMAIN`, `SAME_HOST`, `NOTHING_TO_MOVE`.
 */
export function migrationPlan(
  inventory: Inventory,
  request: MigrationRequest,
  assessment: MigrationAssessment = nothingAssessed,
  {command = `migrate --from ${request.from} --to ${request.to}`, estate = '', options}: PlanWords = {},
): PlannedMigration {
  const wanted = domainMoves(inventory, request, assessment);
  const findings = migrationFindings(inventory, request, assessment);
  const blocking = findings.filter(({severity}) => severity === 'blocks');
  const blocked = new Set(blocking.map(({domain}) => domain));
  const allBlocked = blocked.has(undefined) || (blocking.length > 0 && request.blocked !== 'skip');
  const moves = wanted.filter(({domain}) => !blocked.has(undefined) && !blocked.has(domain));
  const skipped = wanted.filter(move => !moves.includes(move));
  if (allBlocked || moves.length === 0) return {plan: undefined, moves, skipped, findings};
  const plan = makePlan(
    {
      intent: {command, ...(options && {options})},
      mode: 'planned',
      estate,
      inventory: digestOf(inventory),
      premises: migrationPremises(moves, inventory, assessment.targetFiles),
      steps: moves.flatMap(move => stepsOf(move, request)),
    },
    {kinds: migrationKinds},
  );
  return {plan, moves, skipped, findings};
}

/** Kinds that carry no data: one of them that takes long has lost its host. */
const brief: ReadonlySet<string> = new Set(['prepare-disks', 'retire-source']);
const briefMsMax = 10 * 60_000;

function stepsOf(move: DomainMove, {afterFailure = 'stop', services = {}}: MigrationRequest): StepInput[] {
  const {domain, from, to, how} = move;
  const service = services[domain];
  const id = (act: string) => `${idOf(move)}/${act}`;
  const onFailure = afterFailure === 'stop' ? ('stop' as const) : ('skip-dependents' as const);
  const common = {args: move, group: {subject: domain, ...(service !== undefined && {service})}, onFailure};
  const steps: StepInput[] = [];
  const add = (act: string, kind: string, title: string, changes: string) => {
    const before = steps.at(-1)?.id;
    const needs = before === undefined ? [] : [before];
    const timeoutMs = brief.has(kind) ? briefMsMax : undefined;
    steps.push({...common, id: id(act), kind, title, changes, needs, timeoutMs});
  };
  if (beginsAnew(move)) {
    add('prepare', 'prepare-disks', `Prepare ${domain} on ${to}`, `Makes empty disks for ${domain} on ${to}`);
  }
  if (how === 'live' || how === 'follow') {
    add('move', 'move-live', `Move ${domain} to ${to}`, `${domain} runs on ${to} instead of ${from}, without a stop`);
  } else if (how === 'offline') {
    add('move', 'copy-offline', `Copy ${domain} to ${to}`, `${domain} is defined on ${to}, with copies of its disks`);
  }
  add('verify', 'verify-domain', `Verify ${domain} on ${to}`, `Nothing: looks whether ${domain} is in order on ${to}`);
  const fate =
    move.sourceDisks === 'keep' ? 'its disks stay, marked' : 'its disks are deleted, unless others there use them';
  add('retire', 'retire-source', `Remove ${domain} from ${from}`, `${from} no longer knows ${domain}; ${fate}`);
  return steps;
}

/** Step ids take few characters, and are typed as words, not as options; a name with others is told apart by its UUID. */
function idOf({domain, uuid}: DomainMove): string {
  if (/^[\w.@+][\w.@+-]{0,149}$/u.test(domain)) return domain;
  return `${domain.replaceAll(/^-|[^\w.@+-]/gu, '_').slice(0, 100)}-${uuid}`;
}
