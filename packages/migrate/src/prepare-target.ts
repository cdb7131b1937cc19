import type {StepContext} from '@dr-toolkit/engine';
import {type CallOptions, type Host, readDiskNote, removeDiskNote, writeDiskNote} from '@dr-toolkit/hosts';

import {clearTarget, inUse} from './clear-target.ts';
import {copiedDisks, type DiskMove, type DomainMove, leftFiles} from './domain-move.ts';
import {MigrationError} from './migration-error.ts';
import {otherUser} from './other-user.ts';
import {claimUntil} from './under-claim.ts';
import type {MoveHosts} from './whereabouts.ts';

/** Whether this run's files for a move lie on its target, each with its note. */
export async function isPrepared(
  move: DomainMove,
  {source, target}: MoveHosts,
  options: CallOptions & {readonly run: string},
): Promise<boolean> {
  const prepared = await Promise.all([
    ...leftFiles(move).map(async ({sourcePath, targetPath}) => {
      const note = await readDiskNote(target, targetPath, 'incoming', options);
      if (note?.run !== options.run || note.copy === 'whole') return false;
      return note.sourceModified === (await modifiedOf(sourcePath, move, source, options));
    }),
    ...copiedDisks(move).map(async disk => {
      const volume = await target.findVolume(disk.targetPath, options);
      return volume !== undefined && isEmptyCopyOf(disk, move, volume);
    }),
  ]);
  return !prepared.includes(false);
}

/**
 * Makes the empty files that disks are copied into, in place of what an earlier try has left. Beside each lies a note
 * first, by which a later run knows an unfinished copy for dr's own; a file without such a note is never touched.
 * @throws {MigrationError} `FILE_IN_THE_WAY`; what `clearTarget` throws.
 */
export async function prepareTarget(
  move: DomainMove,
  hosts: MoveHosts,
  context: CallOptions & Pick<StepContext, 'run' | 'log'>,
): Promise<void> {
  await clearTarget(move, hosts, context);
  try {
    for (const disk of copiedDisks(move)) await prepare(disk, move, hosts, context);
    if (move.nvramPath !== undefined) await prepareNvram(move, move.nvramPath, hosts, context);
  } catch (error) {
    await clearTarget(move, hosts, {signal: AbortSignal.timeout(30_000)}).catch((failure: unknown) =>
      context.log(`Could not remove what had been prepared on ${move.to}: ${String(failure)}`),
    );
    throw error;
  }
}

async function prepare(
  disk: DiskMove,
  move: DomainMove,
  {source, target}: MoveHosts,
  context: CallOptions & {run: string},
): Promise<void> {
  const path = disk.targetPath;
  if (await target.findVolume(path, context)) {
    const kept = await readDiskNote(target, path, 'kept', context);
    if (kept?.uuid !== move.uuid || move.keptDisks !== 'replace') throw inTheWay(path, move);
    await deleteKeptFile(path, move, target, context);
  } else await removeDiskNote(target, path, 'kept', context); // of a file that has gone; it would call the new one kept
  const modified = await modifiedOf(disk.sourcePath, move, source, context);
  await writeDiskNote(target, path, noteOf(move, context.run, modified), context);
  // An offline copy carries the file as it is, header and all, so it starts from nothing but holes.
  if (move.how === 'offline')
    await target.createVolume({path, format: 'raw', capacityBytes: disk.lengthBytes}, context);
  else await target.createVolume({path, ...formatOf(disk), capacityBytes: disk.capacityBytes}, context);
}

async function prepareNvram(
  move: DomainMove,
  path: string,
  {source, target}: MoveHosts,
  context: CallOptions & {run: string},
): Promise<void> {
  if (await target.findVolume(path, context)) {
    // What it kept when the domain left it is older than what comes now, and no guest's data.
    if ((await readDiskNote(target, path, 'kept', context))?.uuid !== move.uuid) throw inTheWay(path, move);
    await deleteKeptFile(path, move, target, context);
  }
  const modified = await modifiedOf(path, move, source, context);
  await writeDiskNote(target, path, noteOf(move, context.run, modified), context);
}

/** Of a domain that runs it changes all the time, and tells nothing. */
async function modifiedOf(
  path: string,
  {how}: Pick<DomainMove, 'how'>,
  source: Host,
  options: CallOptions,
): Promise<string | undefined> {
  return how === 'offline' ? (await source.findVolume(path, options))?.modified : undefined;
}

/** Since the preflight somebody may have begun to need it. */
async function deleteKeptFile(path: string, move: DomainMove, target: Host, options: CallOptions): Promise<void> {
  const user = otherUser(path, await target.read(options), move.uuid);
  if (user !== undefined) throw inUse(path, user, move);
  await target.deleteVolume(path, options);
  await removeDiskNote(target, path, 'kept', options);
}

function isEmptyCopyOf(
  disk: DiskMove,
  move: DomainMove,
  volume: {capacityBytes: number; lengthBytes: number},
): boolean {
  return move.how === 'offline' ? volume.lengthBytes === disk.lengthBytes : volume.capacityBytes === disk.capacityBytes;
}

function formatOf({format, compat}: DiskMove) {
  return format === 'qcow2' ? {format, compat: compat ?? '1.1'} : {format};
}

function noteOf(move: DomainMove, run: string, sourceModified: string | undefined) {
  const {uuid, domain, from} = move;
  const said = {kind: 'incoming' as const, uuid, domain, from, run, until: claimUntil(move), copy: 'begun' as const};
  return {...said, ...(sourceModified !== undefined && {sourceModified})};
}

function inTheWay(path: string, {to, domain}: DomainMove): MigrationError {
  return new MigrationError('FILE_IN_THE_WAY', `${path} exists on ${to}, and dr did not put it there for ${domain}`, {
    hint: `See what it is, move it away on ${to}, and run the same command again`,
  });
}
