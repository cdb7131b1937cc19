import {
  type CallOptions,
  type CpuVerdict,
  type Host,
  type Inventory,
  type Qcow2Header,
  readDiskNote,
  readQcow2Header,
} from '@dr-toolkit/hosts';

import type {MigrationAssessment, TargetFile} from './assessment.ts';
import {foundClaims, type StandingOf} from './found-claims.ts';
import {beginsAnew, copiedDisks, type DomainMove, type GuestAnswer, leftFiles} from './domain-move.ts';
import {domainMoves, migrationHosts} from './domain-moves.ts';
import {guestAnswer} from './guest-answer.ts';
import {isSameMachine} from './migration-findings.ts';
import type {MigrationRequest} from './migration-request.ts';

export interface AssessOptions extends CallOptions {
  /** How a run stands that has claimed a domain. Default: none is known. */
  readonly standingOf?: StandingOf;
}

/** Each takes a connection while it is read. */
const headersAtOnce = 4;

/**
 * Asks both hosts and the guests what the inventory does not tell. Changes nothing. With a host that does not answer
 * there is nothing to assess: the findings say so.
 * @throws {MigrationError} when the request makes no sense, as `domainMoves`.
 */
export async function assessMigration(
  hosts: ReadonlyMap<string, Host>,
  inventory: Inventory,
  request: MigrationRequest,
  {signal, standingOf}: AssessOptions = {},
): Promise<MigrationAssessment> {
  const cpu: Record<string, CpuVerdict> = {};
  const targetFiles: Record<string, TargetFile> = {};
  const headers: Record<string, Qcow2Header | {readonly unread: string}> = {};
  const hostFiles: Record<string, MigrationAssessment['hostFiles'][string]> = {};
  const answers: Record<string, GuestAnswer> = {};
  const claims = await foundClaims(inventory, standingOf);
  const {source: reading, target: targetReading} = migrationHosts(inventory, request);
  const [source, target] = [hosts.get(request.from), hosts.get(request.to)];
  const moves = domainMoves(inventory, request).filter(({how}) => how !== 'finish');
  if (!reading || !targetReading || !source || !target || isSameMachine(reading, targetReading)) {
    return {cpu, targetFiles, headers, hostFiles, answers, claims};
  }
  const domains = new Map(reading.domains.map(domain => [domain.uuid, domain]));
  const paths = new Set(moves.flatMap(({uuid}) => domains.get(uuid)?.hostFiles.map(({path}) => path) ?? []));
  const copied = moves.filter(beginsAnew).flatMap(copiedDisks);
  const images = copied.flatMap(({format, sourcePath}) => (format === 'qcow2' ? [sourcePath] : [])).values();
  await Promise.all([
    ...moves.map(async move => {
      const domain = domains.get(move.uuid);
      if (!domain) return;
      if (beginsAnew(move)) {
        const form = move.how === 'live' ? 'migratable' : 'persistent';
        cpu[move.uuid] = await target.compareCpu(await source.definition(move.uuid, {form, signal}), {signal});
      }
      const answer = move.how === 'offline' ? undefined : await guestAnswer(source, domain, {signal});
      if (answer) answers[move.uuid] = answer;
    }),
    ...moves.filter(beginsAnew).map(async move => {
      Object.assign(targetFiles, await filesInTheWay(target, move, {signal}));
    }),
    ...Array.from({length: headersAtOnce}, async () => {
      for (const path of images) {
        const header = await orUnread(() => readQcow2Header(source, path, {signal}), {signal});
        if (header) headers[path] = header;
      }
    }),
    ...Array.from(paths, async path => {
      const found = async () => ((await target.findVolume(path, {signal})) ? 'present' : 'absent');
      hostFiles[path] = await orUnread(found, {signal});
    }),
  ]);
  return {cpu, targetFiles, headers, hostFiles, answers, claims};
}

/** One file that cannot be read is a finding, and keeps nobody from looking at the others. */
async function orUnread<T>(read: () => Promise<T>, {signal}: CallOptions): Promise<T | {readonly unread: string}> {
  try {
    return await read();
  } catch (error) {
    signal?.throwIfAborted();
    return {unread: error instanceof Error ? error.message : String(error)};
  }
}

/** What lies on the target where the disks and the NVRAM of a move go, by path. A path that is not named is free. */
export async function filesInTheWay(
  target: Host,
  move: DomainMove,
  {signal}: CallOptions,
): Promise<Record<string, TargetFile>> {
  const files: Record<string, TargetFile> = {};
  await Promise.all(
    leftFiles(move).map(async ({targetPath}) => {
      const file = await orUnread(() => fileAt(target, targetPath, {signal}), {signal});
      if (file) files[targetPath] = file;
    }),
  );
  return files;
}

async function fileAt(target: Host, path: string, options: CallOptions): Promise<TargetFile | undefined> {
  if (!(await target.findVolume(path, options))) return undefined;
  const note =
    (await readDiskNote(target, path, 'incoming', options)) ?? (await readDiskNote(target, path, 'kept', options));
  return note ? {note} : {};
}
