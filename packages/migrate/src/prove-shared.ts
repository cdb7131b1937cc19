import {randomUUID} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import {type CallOptions, readDiskNote, removeDiskNote, writeDiskNote} from '@dr-toolkit/hosts';

import type {DiskMove, DomainMove} from './domain-move.ts';
import {MigrationError} from './migration-error.ts';
import {claimUntil} from './under-claim.ts';
import type {MoveHosts} from './whereabouts.ts';

const pollMs = 500;

export interface ProofOptions extends CallOptions {
  readonly run: string;
  /** How long a file server may take to show one host what another has written. Default 10 s. */
  readonly shownMsMax?: number;
}

/**
 * Proves that source and target see the same files where a move relies on that: a note written beside the disk on the
 * source, with a mark that was never used before, is read on the target. Names prove nothing: two hosts may call
 * different servers `nas`. The note goes again.
 * @throws {MigrationError} `NOT_SHARED`, also when the note cannot be written.
 */
export async function proveShared(move: DomainMove, hosts: MoveHosts, options: ProofOptions): Promise<void> {
  for (const disk of move.disks) if (disk.proof === 'probe') await prove(disk, move, hosts, options);
}

async function prove(disk: DiskMove, move: DomainMove, hosts: MoveHosts, options: ProofOptions): Promise<void> {
  const {uuid, domain, from, to} = move;
  const {run, signal} = options;
  const mark = randomUUID();
  const hint = `See on both hosts what is mounted there. If ${from} and ${to} share it, libvirt must be able to write there; if not, take it out of sharedPools in dr.yaml, and give the pools different sources`;
  try {
    const note = {kind: 'probe' as const, uuid, domain, run, mark, until: claimUntil(move)};
    await writeDiskNote(hosts.source, disk.sourcePath, note, {signal});
    if (await isShown(disk, mark, hosts, options)) return;
    throw new MigrationError(
      'NOT_SHARED',
      `${domain} was not moved: what ${from} writes beside ${disk.sourcePath} is not seen beside ${disk.targetPath} on ${to}`,
      {hint},
    );
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof MigrationError) throw error;
    throw new MigrationError(
      'NOT_SHARED',
      `${domain} was not moved: whether ${from} and ${to} share ${disk.sourcePath} cannot be told: ${(error as Error).message}`,
      {hint, cause: error},
    );
  } finally {
    await takeAway(disk, hosts);
  }
}

async function isShown(
  disk: DiskMove,
  mark: string,
  {target}: MoveHosts,
  {signal, shownMsMax = 10_000}: ProofOptions,
): Promise<boolean> {
  const untilMs = performance.now() + shownMsMax;
  for (;;) {
    if ((await readDiskNote(target, disk.targetPath, 'probe', {signal}))?.mark === mark) return true;
    if (performance.now() > untilMs) return false;
    await sleep(pollMs, undefined, {signal});
  }
}

/** What stays after all is replaced by the next proof. It outlives a cancel. */
async function takeAway(disk: DiskMove, {source}: MoveHosts): Promise<void> {
  await removeDiskNote(source, disk.sourcePath, 'probe', {signal: AbortSignal.timeout(30_000)}).catch(() => {});
}
