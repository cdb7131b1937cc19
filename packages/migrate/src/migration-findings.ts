import type {HostReading, Inventory} from '@dr-toolkit/hosts';

import {type MigrationAssessment, nothingAssessed} from './assessment.ts';
import {domainFindings} from './domain-findings.ts';
import type {DomainMove} from './domain-move.ts';
import {arrivedBefore} from './chosen-domains.ts';
import {domainMoves, migrationHosts} from './domain-moves.ts';
import {bySeverity, type Finding} from './finding.ts';
import type {MigrationRequest} from './migration-request.ts';
import {roomFindings} from './room-findings.ts';
import {versionFindings} from './version-findings.ts';

/**
 * All that stands in the way of a migration or should be known before it, at once. Touches nothing.
 * @throws {MigrationError} when the request makes no sense, as `domainMoves`.
 */
export function migrationFindings(
  inventory: Inventory,
  request: MigrationRequest,
  assessment: MigrationAssessment = nothingAssessed,
): Finding[] {
  return findingsOf(domainMoves(inventory, request, assessment), inventory, request, assessment);
}

/** The same for moves that are settled already. */
export function findingsOf(
  moves: readonly DomainMove[],
  inventory: Inventory,
  request: MigrationRequest,
  assessment: MigrationAssessment,
): Finding[] {
  const {source, target} = migrationHosts(inventory, request);
  if (!source || !target) return unreachableFindings(inventory, request);
  if (isSameMachine(source, target)) return [sameMachine(source, target)];
  const single = moves.flatMap(move => domainFindings({move, moves, source, target, request, assessment}));
  const stopped = new Set(single.filter(({severity}) => severity === 'blocks').map(({domain}) => domain));
  // With --skip-blocked what stays behind needs no room; otherwise all that was asked for must fit together.
  const fitting = request.blocked === 'skip' ? moves.filter(({domain}) => !stopped.has(domain)) : moves;
  return [
    ...arrivedFindings(source, target, request),
    ...versionFindings(source, target, moves),
    ...roomFindings(fitting, source, target),
    ...single,
  ].toSorted(bySeverity);
}

function arrivedFindings(source: HostReading, target: HostReading, request: MigrationRequest): Finding[] {
  return arrivedBefore({source, target}, request).map(({name, state}) => ({
    severity: 'notes',
    code: 'MOVED_ALREADY',
    host: target.name,
    domain: name,
    message: `${name} is ${state} on ${target.name} already, and not on ${source.name}`,
    remedy: 'Nothing to do: it is left alone',
  }));
}

function unreachableFindings({unreachable}: Inventory, {from, to}: MigrationRequest): Finding[] {
  return unreachable
    .filter(({name}) => name === from || name === to)
    .map(({name, message, hint}) => ({
      severity: 'blocks',
      code: 'HOST_UNREACHABLE',
      host: name,
      message,
      remedy: name === from ? `${hint}; if ${name} is dead, this is no migration but a recovery` : hint,
    }));
}

/** A host without a UUID, as in libvirt's test driver, is like no other. */
export function isSameMachine(source: Pick<HostReading, 'uuid'>, target: Pick<HostReading, 'uuid'>): boolean {
  return source.uuid !== '' && source.uuid === target.uuid;
}

function sameMachine(source: HostReading, target: HostReading): Finding {
  return {
    severity: 'blocks',
    code: 'SAME_MACHINE',
    host: target.name,
    message: `${source.name} and ${target.name} have the same host UUID ${source.uuid}: libvirt takes them for one machine`,
    remedy: `If they are two machines, set a host_uuid of its own in /etc/libvirt/libvirtd.conf on ${target.name} and restart libvirtd there`,
  };
}
