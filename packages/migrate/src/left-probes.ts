import {
  type CallOptions,
  type Host,
  type Inventory,
  type LeftNote,
  leftNotesOf,
  readDiskNote,
  removeDiskNote,
} from '@dr-toolkit/hosts';

import {MigrationError} from './migration-error.ts';
import {reasonToLeaveProbe} from './reason-to-leave.ts';
import {type LeftBehindOptions, viewsFor} from './unfinished-copies.ts';

/** A note by which a run was to prove that storage is shared, and which it did not take away again. */
export interface LeftProbe extends LeftNote<'probe'> {
  /** Why it must not be deleted; absent when its run cannot need it any more. */
  readonly keep?: string;
}

/** All of them in the active pools of the hosts. One that several hosts see is told once, as the first has it. */
export async function leftProbes(
  hosts: ReadonlyMap<string, Host>,
  inventory: Inventory,
  {viewOf, nowMs = Date.now(), signal}: LeftBehindOptions,
): Promise<LeftProbe[]> {
  const all = await leftNotesOf(hosts, inventory, 'probe', {signal});
  const first = all.filter(
    ({note}, index) => !note || all.findIndex(other => other.note?.mark === note.mark) === index,
  );
  return Promise.all(
    first.map(async probe => {
      const keep = reasonToLeaveProbe(probe, {inventory, views: await viewsFor(probe, inventory, viewOf), nowMs});
      return Object.assign({}, probe, keep !== undefined && {keep});
    }),
  );
}

/** Deletes the note; the disk beside it is not touched. @throws {MigrationError} `CLAIMED` when another run wrote it anew. */
export async function deleteProbe(host: Host, {path, note, keep}: LeftProbe, options: CallOptions = {}): Promise<void> {
  if (!note || keep !== undefined) return;
  const now = await readDiskNote(host, path, 'probe', options);
  if (!now) return;
  if (now.mark !== note.mark) {
    throw new MigrationError('CLAIMED', `Run ${now.run} proves by ${path} on ${host.name} that it is shared`, {
      hint: `Wait until that run has ended: dr show ${now.run}`,
    });
  }
  await removeDiskNote(host, path, 'probe', options);
}
