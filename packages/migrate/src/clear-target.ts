import {type CallOptions, readDiskNote, removeDiskNote} from '@dr-toolkit/hosts';

import {type DomainMove, leftFiles} from './domain-move.ts';
import {MigrationError} from './migration-error.ts';
import {movedAway} from './moved-away.ts';
import {isArriving, isLeftBehind, type MoveHosts} from './whereabouts.ts';

/**
 * Removes from the target what an unfinished move has left there: a domain that never came to work, and files that dr's
 * own notes call unfinished copies of this domain. Refuses to touch anything while the domain works on the target, or when
 * it did: where its source says that it was moved away, what is called an unfinished copy may be all there is of it.
 */
export async function clearTarget(move: DomainMove, {source, target}: MoveHosts, options: CallOptions): Promise<void> {
  const [here, there] = await Promise.all([
    source.readDomain(move.uuid, options),
    target.readDomain(move.uuid, options),
  ]);
  if (there && isArriving(there) && !there.persistent && !(await source.job(move.uuid, options))) {
    await target.destroy(move.uuid, options);
  } else if (there) {
    throw new MigrationError('UNCLEAR', `${move.domain} is ${there.state} on ${move.to}, so nothing is removed there`, {
      hint: `See where it is: dr status`,
    });
  } else if (isLeftBehind(here)) {
    throw movedAway(move);
  }
  await Promise.all(
    leftFiles(move).map(async ({targetPath: path}) => {
      const note = await readDiskNote(target, path, 'incoming', options);
      if (note?.uuid !== move.uuid) return;
      await target.deleteVolume(path, options);
      await removeDiskNote(target, path, 'incoming', options);
    }),
  );
}
