import {type CallOptions, type DomainStanding, readDiskNote, removeDiskNote} from '@dr-toolkit/hosts';

import {type DomainMove, leftFiles} from './domain-move.ts';
import {MigrationError} from './migration-error.ts';
import {otherUser} from './other-user.ts';
import {perhapsNewer} from './perhaps-newer.ts';
import {hasLeft, isArriving, type MoveHosts} from './whereabouts.ts';

/**
 * Removes from the target what an unfinished move has left there: a domain that never came to work, and files that dr's
 * own notes call unfinished copies of this domain. Refuses to touch anything while the domain works on the target, or
 * could have worked there, and what is somebody else's or the source's own all the same.
 * @throws {MigrationError} `UNCLEAR`, `FILE_IN_THE_WAY`, with no file deleted.
 */
export async function clearTarget(move: DomainMove, hosts: MoveHosts, options: CallOptions): Promise<void> {
  const here = await clearDomain(move, hosts, options);
  const begun = await begunFiles(move, hosts, options);
  if (begun.length === 0) return;
  if (here && hasLeft(here)) throw perhapsNewer(move);
  const reading = await hosts.target.read(options);
  for (const {targetPath, seenOnSource} of begun) {
    const user = otherUser(targetPath, reading, move.uuid);
    if (user !== undefined) throw inUse(targetPath, user, move);
    if (seenOnSource) throw sameFile(targetPath, move);
  }
  await Promise.all(
    begun.map(async ({targetPath: path}) => {
      await hosts.target.deleteVolume(path, options);
      await removeDiskNote(hosts.target, path, 'incoming', options);
    }),
  );
}

/** A file of a move is in use by somebody else on its target. */
export function inUse(path: string, user: string, {to}: DomainMove): MigrationError {
  return new MigrationError('FILE_IN_THE_WAY', `${path} on ${to} is in use by ${user}`, {
    hint: `Move ${user} out of the way on ${to}, or map to another pool in dr.yaml, and run the same command again`,
  });
}

async function clearDomain(
  {domain, uuid, to}: DomainMove,
  {source, target}: MoveHosts,
  options: CallOptions,
): Promise<DomainStanding | undefined> {
  const there = await target.readDomain(uuid, options);
  // Asked last: what has left its source since may have come to work on the target.
  const here = await source.readDomain(uuid, options);
  const isRemainder = there && isArriving(there) && !there.persistent;
  if (isRemainder && here && here.job === undefined && !hasLeft(here)) await target.destroy(uuid, options);
  else if (there) {
    throw new MigrationError('UNCLEAR', `${domain} is ${there.state} on ${to}, so nothing is removed there`, {
      hint: `See where it is: dr status`,
    });
  }
  return here;
}

async function begunFiles(move: DomainMove, {source, target}: MoveHosts, options: CallOptions) {
  const files = await Promise.all(
    leftFiles(move).map(async file => {
      const note = await readDiskNote(target, file.targetPath, 'incoming', options);
      if (note?.uuid !== move.uuid) return [];
      // What another run brought to the source, and did not tidy up, has such a note there as well.
      const own = await readDiskNote(source, file.sourcePath, 'incoming', options);
      return [{...file, seenOnSource: own?.uuid === note.uuid && own.run === note.run}];
    }),
  );
  return files.flat();
}

function sameFile(path: string, {domain, from, to}: DomainMove): MigrationError {
  return new MigrationError(
    'FILE_IN_THE_WAY',
    `${path} on ${to} is the file that ${domain} has on ${from}: both see the same note beside it`,
    {hint: 'Say in dr.yaml that both share the pool (sharedPools), and run the same command again'},
  );
}
