import {defineStep} from '@dr-toolkit/engine';
import {type CallOptions, type Host, notePath, readDiskNote, writeDiskNote} from '@dr-toolkit/hosts';

import {clearTarget} from './clear-target.ts';
import {copiedDisks, type DiskMove, type DomainMove, leftFiles} from './domain-move.ts';
import {MigrationError} from './migration-error.ts';
import {proveShared} from './prove-shared.ts';
import {claimUntil} from './under-claim.ts';
import {hostsOf, isArriving, type MigrationContext, statesText, whereabouts} from './whereabouts.ts';

/**
 * Proves what is shared to be so, and makes the empty files that the other disks of a domain are copied into. Beside each
 * lies a note first, by which a later run knows an unfinished copy for dr's own; a file without such a note is never touched.
 */
export const prepareDisks = defineStep<DomainMove, MigrationContext>('prepare-disks', {
  // Two at once on a target: those that move first are ready first.
  lanes: ({to}) => [{lane: `host:${to}/preparations`, places: 1}],

  async inspect(move, context) {
    const {target} = hostsOf(move, context);
    const there = await target.readDomain(move.uuid, context);
    if (there && !isArriving(there)) return {state: 'done'};
    if (move.disks.some(({proof}) => proof === 'probe')) return {state: 'pending'};
    const prepared = await Promise.all([
      ...leftFiles(move).map(async ({targetPath}) => {
        const note = await readDiskNote(target, targetPath, 'incoming', context);
        return note?.run === context.run;
      }),
      ...copiedDisks(move).map(async disk => {
        const volume = await target.findVolume(disk.targetPath, context);
        return volume !== undefined && isEmptyCopyOf(disk, move, volume);
      }),
    ]);
    return {state: prepared.includes(false) ? 'pending' : 'done'};
  },

  async perform(move, context) {
    const hosts = hostsOf(move, context);
    const where = await whereabouts(move, hosts, context);
    if (where.at !== 'source' && !(where.at === 'off' && where.source && !where.target)) {
      throw new MigrationError(
        'NOT_ON_SOURCE',
        `${move.domain} cannot be moved from ${move.from}: ${statesText(where)}`,
        {
          hint: 'See where it is: dr status',
        },
      );
    }
    await proveShared(move, hosts, context);
    await clearTarget(move, hosts, context);
    try {
      for (const disk of copiedDisks(move)) await prepare(disk, move, hosts.target, context);
      if (move.nvramPath !== undefined) await prepareNvram(move, move.nvramPath, hosts.target, context);
    } catch (error) {
      await clearTarget(move, hosts, {signal: AbortSignal.timeout(30_000)}).catch((failure: unknown) =>
        context.log(`Could not remove what had been prepared on ${move.to}: ${String(failure)}`),
      );
      throw error;
    }
    return {disks: copiedDisks(move).map(({targetPath}) => targetPath)};
  },

  /** Nothing to take back where the domain has arrived, or where no file of it waits for it any more. */
  async inspectUndo(move, context) {
    const {target} = hostsOf(move, context);
    if (await target.readDomain(move.uuid, context)) return {state: 'done'};
    for (const {targetPath: path} of leftFiles(move)) {
      const note = await readDiskNote(target, path, 'incoming', context);
      if (note?.uuid === move.uuid) return {state: 'pending'};
    }
    return {state: 'done'};
  },

  async undo(move, context) {
    await clearTarget(move, hostsOf(move, context), context);
  },
});

async function prepare(
  disk: DiskMove,
  move: DomainMove,
  target: Host,
  context: CallOptions & {run: string},
): Promise<void> {
  const path = disk.targetPath;
  if (await target.findVolume(path, context)) {
    const kept = await readDiskNote(target, path, 'kept', context);
    if (kept?.uuid !== move.uuid || move.keptDisks !== 'replace') throw inTheWay(path, move);
    await target.deleteVolume(path, context);
    await target.deleteVolume(notePath(path, 'kept'), context);
  }
  await writeDiskNote(target, path, noteOf(move, context.run), context);
  // An offline copy carries the file as it is, header and all, so it starts from nothing but holes.
  if (move.how === 'offline')
    await target.createVolume({path, format: 'raw', capacityBytes: disk.lengthBytes}, context);
  else await target.createVolume({path, ...formatOf(disk), capacityBytes: disk.capacityBytes}, context);
}

async function prepareNvram(
  move: DomainMove,
  path: string,
  target: Host,
  context: CallOptions & {run: string},
): Promise<void> {
  if (await target.findVolume(path, context)) {
    // What it kept when the domain left it is older than what comes now, and no guest's data.
    if ((await readDiskNote(target, path, 'kept', context))?.uuid !== move.uuid) throw inTheWay(path, move);
    await target.deleteVolume(path, context);
    await target.deleteVolume(notePath(path, 'kept'), context);
  }
  await writeDiskNote(target, path, noteOf(move, context.run), context);
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

function noteOf(move: DomainMove, run: string) {
  const {uuid, domain, from} = move;
  return {kind: 'incoming' as const, uuid, domain, from, run, until: claimUntil(move)};
}

function inTheWay(path: string, {to, domain}: DomainMove): MigrationError {
  return new MigrationError('FILE_IN_THE_WAY', `${path} exists on ${to}, and dr did not put it there for ${domain}`, {
    hint: `See what it is, move it away on ${to}, and run the same command again`,
  });
}
