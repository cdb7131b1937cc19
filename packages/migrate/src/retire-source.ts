import {defineStep, type StepContext} from '@dr-toolkit/engine';
import {notePath, removeDiskNote, writeDiskNote} from '@dr-toolkit/hosts';

import {copiedDisks, type DiskMove, type DomainMove} from './domain-move.ts';
import {dropClaim} from './under-claim.ts';
import {verifiedPlace} from './verify-domain.ts';
import {hostsOf, type MigrationContext, type MoveHosts} from './whereabouts.ts';

type Context = MigrationContext & StepContext;

/** Ends a domain's life on its source: its definition goes, its disks are marked and kept, or deleted when asked for. */
export const retireSource = defineStep<DomainMove, MigrationContext>('retire-source', {
  async inspect(move, context) {
    const hosts = hostsOf(move, context);
    if (await hosts.source.readDomain(move.uuid, context)) return {state: 'pending'};
    const claim = await hosts.target.readClaim(move.uuid, context);
    if (claim?.run === context.run) return {state: 'pending'};
    for (const disk of copiedDisks(move)) if (!(await isRetired(disk, move, hosts, context))) return {state: 'pending'};
    return {state: 'done'};
  },

  async perform(move, context) {
    const hosts = hostsOf(move, context);
    await verifiedPlace(move, hosts, context); // just now, not when it was last looked at
    const {source, target} = hosts;
    const disks = copiedDisks(move);
    for (const disk of disks) {
      // Both notes would call a living disk a remainder.
      await removeDiskNote(target, disk.targetPath, 'incoming', context);
      await removeDiskNote(target, disk.targetPath, 'kept', context);
      if (move.sourceDisks === 'keep') await keep(disk, move, hosts, context);
    }
    if (move.nvramPath !== undefined) await removeDiskNote(target, move.nvramPath, 'incoming', context);
    await target.setAutostart(move.uuid, move.autostart, context);
    await source.undefine(move.uuid, context);
    if (move.sourceDisks === 'delete') for (const disk of disks) await source.deleteVolume(disk.sourcePath, context);
    await dropClaim(move, hosts, context, context);
    const paths = disks.map(({sourcePath}) => sourcePath);
    return move.sourceDisks === 'keep' ? {kept: paths} : {deleted: paths};
  },
});

async function keep(
  disk: DiskMove,
  {uuid, domain, to}: DomainMove,
  {source}: MoveHosts,
  context: Context,
): Promise<void> {
  if (!(await source.findVolume(disk.sourcePath, context))) return;
  const movedAt = new Date().toISOString();
  await writeDiskNote(
    source,
    disk.sourcePath,
    {kind: 'kept', uuid, domain, movedTo: to, movedAt, run: context.run},
    context,
  );
}

async function isRetired(
  disk: DiskMove,
  move: DomainMove,
  {source, target}: MoveHosts,
  context: Context,
): Promise<boolean> {
  if (await target.findVolume(notePath(disk.targetPath, 'incoming'), context)) return false;
  const file = await source.findVolume(disk.sourcePath, context);
  if (move.sourceDisks === 'delete' || !file) return !file;
  return (await source.findVolume(notePath(disk.sourcePath, 'kept'), context)) !== undefined;
}
