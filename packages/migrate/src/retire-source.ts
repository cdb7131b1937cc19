import {defineStep, type StepContext} from '@dr-toolkit/engine';
import {type NotedFile, notePath, noteUser, removeDiskNote, writeDiskNote} from '@dr-toolkit/hosts';

import {copiedDisks, type DomainMove, leftFiles} from './domain-move.ts';
import {dropClaim} from './under-claim.ts';
import {verifiedPlace} from './verify-domain.ts';
import {hostsOf, type MigrationContext, type MoveHosts} from './whereabouts.ts';

type Context = MigrationContext & StepContext;
type LeftFile = ReturnType<typeof leftFiles>[number];

/** Ends a domain's life on its source: its definition goes, its disks are marked and kept, or deleted when asked for and nobody else uses them. */
export const retireSource = defineStep<DomainMove, MigrationContext>('retire-source', {
  async inspect(move, context) {
    const hosts = hostsOf(move, context);
    if (await hosts.source.readDomain(move.uuid, context)) return {state: 'pending'};
    const claim = await hosts.target.readClaim(move.uuid, context);
    if (claim?.run === context.run) return {state: 'pending'};
    for (const file of leftFiles(move)) if (!(await isRetired(file, hosts, context))) return {state: 'pending'};
    return {state: 'done'};
  },

  async perform(move, context) {
    const hosts = hostsOf(move, context);
    const there = (await verifiedPlace(move, hosts, context)).target; // just now, not when it was last looked at
    const {source, target} = hosts;
    const files = leftFiles(move);
    if (move.sourceDisks === 'keep') for (const file of files) await keep(file, move, hosts, context);
    if (there.autostart !== (move.autostart === 'on')) await target.setAutostart(move.uuid, move.autostart, context);
    for (const {targetPath} of files) {
      // Both notes would call a living disk a remainder. While the source knows the domain they say whose that is.
      const notes = ['incoming', 'kept'] as const;
      await Promise.all(notes.map(kind => removeDiskNote(target, targetPath, kind, context)));
    }
    await source.undefine(move.uuid, context);
    const used = move.sourceDisks === 'delete' ? await deleteUnused(files, move, hosts, context) : [];
    await dropClaim(move, hosts, context, context);
    const paths = copiedDisks(move).map(({sourcePath}) => sourcePath);
    if (move.sourceDisks === 'keep') return {kept: paths};
    const kept = paths.filter(path => used.includes(path));
    return {deleted: paths.filter(path => !used.includes(path)), ...(kept.length > 0 && {kept})};
  },
});

/**
 * Deletes files of a domain that its source knows no longer. What another domain or file there needs, as clones need the
 * disk that they lie on, is marked and kept like any kept disk. Returns the paths of those.
 */
async function deleteUnused(
  files: readonly LeftFile[],
  move: DomainMove,
  hosts: MoveHosts,
  context: Context,
): Promise<string[]> {
  const {source} = hosts;
  const reading = await source.read(context);
  const used: string[] = [];
  for (const file of files) {
    const path = file.sourcePath;
    const note = await keep(file, move, hosts, context);
    if (!note) continue;
    // By its note it is known again under other paths, too.
    const user = await noteUser(
      new Map([[move.from, source]]),
      {hosts: [reading]},
      {host: move.from, path, note},
      context,
    );
    if (user === undefined) {
      await source.deleteVolume(path, context);
      await removeDiskNote(source, path, 'kept', context);
    } else {
      context.log(`${path} on ${move.from} is kept, as ${user} uses it`);
      used.push(path);
    }
  }
  return used;
}

async function keep(
  {sourcePath}: LeftFile,
  {uuid, domain, to, nvramPath}: DomainMove,
  {source}: MoveHosts,
  context: Context,
): Promise<NotedFile['note'] | undefined> {
  if (!(await source.findVolume(sourcePath, context))) return undefined;
  const movedAt = new Date().toISOString();
  const nvram = nvramPath !== undefined && nvramPath !== sourcePath ? {nvram: nvramPath} : {};
  const note = {kind: 'kept' as const, uuid, domain, movedTo: to, movedAt, run: context.run, ...nvram};
  await writeDiskNote(source, sourcePath, note, context);
  // What another run, which was cut off, said of it when it came here.
  await removeDiskNote(source, sourcePath, 'incoming', context);
  return note;
}

async function isRetired(file: LeftFile, {source, target}: MoveHosts, context: Context): Promise<boolean> {
  if (await target.findVolume(notePath(file.targetPath, 'incoming'), context)) return false;
  const left = await source.findVolume(file.sourcePath, context);
  if (!left) return true;
  return (await source.findVolume(notePath(file.sourcePath, 'kept'), context)) !== undefined;
}
