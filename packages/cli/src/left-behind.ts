import {runStanding, showRun, type Store} from '@dr-toolkit/engine';
import {deleteKept, type Host, type Inventory, type KeptDisk, keptDisksOf, notePath} from '@dr-toolkit/hosts';
import {
  deleteProbe,
  deleteUnfinished,
  type LeftProbe,
  leftProbes,
  reasonToKeep,
  type UnfinishedCopy,
  unfinishedCopies,
} from '@dr-toolkit/migrate';

import {standingHere} from './known-runs.ts';
import type {Terminal} from './terminal.ts';
import {withStoreToRead} from './user-store.ts';

/** Something that a run has left on a host, whatever it is. */
export interface LeftBehind {
  readonly host: string;
  /** Of the file that would go; a note may go with it. */
  readonly path: string;
  readonly allocationBytes: number;
  /** Empty when nobody can tell. */
  readonly domain: string;
  /** What it is, for people. */
  readonly what: string;
  /** Why it stays; undefined when it may go. */
  readonly keep: string | undefined;
  readonly event: {readonly type: 'kept-disk' | 'unfinished-copy' | 'left-probe'; readonly [fact: string]: unknown};
  readonly remove: () => Promise<void>;
}

export interface LookOptions {
  readonly hosts: ReadonlyMap<string, Host>;
  /** Of all hosts of the estate, also of those that are not looked at: they may use what lies elsewhere. */
  readonly inventory: Inventory;
  readonly signal: AbortSignal;
}

/** All that runs have left behind on the hosts of an inventory: kept disks, unfinished copies, left-over proofs. */
export async function leftBehind({hosts, inventory, signal}: LookOptions, {env}: Terminal): Promise<LeftBehind[]> {
  const standingOf = (run: string) => standingHere(run, env);
  return withStoreToRead({env}, async store => {
    const viewOf = (run: string) => knownRun(store, run);
    const [kept, copies, probes] = await Promise.all([
      keptDisksOf(hosts, inventory, {signal}),
      unfinishedCopies(hosts, inventory, {viewOf, signal}),
      leftProbes(hosts, inventory, {viewOf, signal}),
    ]);
    return [
      ...kept.flatMap(disk => {
        const host = hosts.get(disk.host);
        return host ? [keptDisk(disk, host, inventory, signal)] : [];
      }),
      ...copies.map(copy => unfinished(copy, () => deleteUnfinished(hosts, copy, {standingOf, signal}))),
      ...probes.flatMap(probe => {
        const host = hosts.get(probe.host);
        return host ? [leftProbe(probe, () => deleteProbe(host, probe, {signal}))] : [];
      }),
    ].toSorted((a, b) => (a.host + a.path < b.host + b.path ? -1 : 1));
  });
}

async function knownRun(store: Store | undefined, run: string) {
  return store && (await runStanding(store, run)) !== 'unknown' ? showRun(store, run) : undefined;
}

function keptDisk(disk: KeptDisk, host: Host, inventory: Inventory, signal: AbortSignal): LeftBehind {
  const {path, allocationBytes, domain, movedTo, movedAt} = disk;
  const keep = reasonToKeep(disk, inventory);
  return {
    host: disk.host,
    path,
    allocationBytes,
    domain,
    what: `kept, moved to ${movedTo} ${movedAt.slice(0, 16).replace('T', ' ')}`,
    keep,
    event: {type: 'kept-disk', ...disk, ...(keep !== undefined && {keep})},
    remove: () => deleteKept(host, disk, {signal}),
  };
}

function unfinished({note, ...copy}: UnfinishedCopy, remove: () => Promise<void>): LeftBehind {
  return {
    ...copy,
    domain: note?.domain ?? '',
    what: note ? `copy begun by ${note.run}` : 'copy of nobody known',
    keep: copy.keep,
    event: {type: 'unfinished-copy', ...said(note), ...copy},
    remove,
  };
}

function leftProbe({note, ...probe}: LeftProbe, remove: () => Promise<void>): LeftBehind {
  const path = notePath(probe.path, 'probe');
  return {
    ...probe,
    path,
    allocationBytes: 0,
    domain: note?.domain ?? '',
    what: note ? `proof by ${note.run}` : 'proof of nobody known',
    keep: probe.keep,
    event: {type: 'left-probe', ...said(note), ...probe, path},
    remove,
  };
}

/** What a note says, but for what makes it one. */
function said(note: UnfinishedCopy['note'] | LeftProbe['note']): object {
  if (!note) return {};
  const {domain, uuid, run, until} = note;
  const from = 'from' in note ? {from: note.from} : {};
  return {domain, uuid, run, ...from, ...(until !== undefined && {until})};
}
