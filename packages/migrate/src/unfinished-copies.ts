import type {RunView} from '@dr-toolkit/engine';
import {
  type CallOptions,
  fileUsers,
  type Host,
  type Inventory,
  type LeftNote,
  leftNotesOf,
  readDiskNote,
} from '@dr-toolkit/hosts';

import {homesOf} from './homes-of.ts';
import {reasonToLeave} from './reason-to-leave.ts';

/** A copy that a run began on its target and did not bring to its end: a note, and mostly a file beside it. */
export interface UnfinishedCopy extends LeftNote<'incoming'> {
  /** NVRAM that was begun along with it, with a note of its own. */
  readonly nvram?: string;
  /** Why it must not be deleted; absent when it is certain to be of no use to anybody. */
  readonly keep?: string;
}

export interface LeftBehindOptions extends CallOptions {
  /** A run as this user's own store has it; undefined when it has never seen it. */
  readonly viewOf: (run: string) => Promise<RunView | undefined>;
  readonly nowMs?: number;
}

/**
 * All unfinished copies in the active pools of the hosts, each judged by everything that is known of it. The inventory
 * must be of all hosts of the estate: one that was not asked could use a file. Changes nothing.
 */
export async function unfinishedCopies(
  hosts: ReadonlyMap<string, Host>,
  inventory: Inventory,
  {viewOf, nowMs = Date.now(), signal}: LeftBehindOptions,
): Promise<UnfinishedCopy[]> {
  const all = await leftNotesOf(hosts, inventory, 'incoming', {signal});
  const copies = await Promise.all(all.map(copy => seen(copy, all, {hosts, inventory, signal})));
  const nvrams = new Set(copies.flatMap(({host, nvram}) => (nvram === undefined ? [] : [`${host}:${nvram}`])));
  const own = copies.filter(({host, path}) => !nvrams.has(`${host}:${path}`));
  return Promise.all(
    own.map(async copy => {
      const views = await viewsFor(copy, inventory, viewOf);
      const keep = reasonToLeave(copy, {inventory, views, nowMs});
      return Object.assign({}, copy, keep !== undefined && {keep});
    }),
  );
}

interface Sight extends CallOptions {
  readonly hosts: ReadonlyMap<string, Host>;
  readonly inventory: Inventory;
}

/**
 * A copy with its NVRAM, and with whoever uses it on any host: where a file lies on shared storage, other hosts see the
 * same note beside it, under whatever path.
 */
async function seen(
  copy: LeftNote<'incoming'>,
  all: ReadonlyArray<LeftNote<'incoming'>>,
  sight: Sight,
): Promise<UnfinishedCopy> {
  const {note} = copy;
  if (!note) return copy;
  const nvram = await nvramOf(copy, note, sight);
  const here = sight.inventory.hosts.find(({name}) => name === copy.host);
  const usedBy =
    copy.usedBy ??
    all.find(other => other.usedBy !== undefined && isSame(other.note, note))?.usedBy ??
    (nvram === undefined || !here ? undefined : fileUsers(here).get(nvram)) ??
    (await sharingUser(note, sight));
  return {...copy, ...(nvram !== undefined && {nvram}), ...(usedBy !== undefined && {usedBy})};
}

type Note = NonNullable<LeftNote<'incoming'>['note']>;

/** The domain itself, where it uses a disk with this very note beside it. */
async function sharingUser(note: Note, {hosts, inventory, signal}: Sight): Promise<string | undefined> {
  for (const {host: home, name, disks} of homesOf(note.uuid, inventory)) {
    const files = disks.filter(({device, type}) => device === 'disk' && (type === 'file' || type === 'volume'));
    for (const {path} of files) {
      const host = hosts.get(home);
      const beside = host && path !== undefined ? await readDiskNote(host, path, 'incoming', {signal}) : undefined;
      if (isSame(beside, note)) return `${name} on ${home}`;
    }
  }
  return undefined;
}

async function nvramOf(
  {host: name, path: disk}: LeftNote<'incoming'>,
  note: Note,
  {hosts, inventory, signal}: Sight,
): Promise<string | undefined> {
  const host = hosts.get(name);
  const files = homesOf(note.uuid, inventory).flatMap(({hostFiles}) => hostFiles);
  const path = files.find(({purpose}) => purpose === 'nvram')?.path;
  if (!host || path === undefined || path === disk) return undefined;
  return isSame(await readDiskNote(host, path, 'incoming', {signal}), note) ? path : undefined;
}

function isSame(one: Note | undefined, other: Note): boolean {
  return one?.uuid === other.uuid && one.run === other.run;
}

/** Every run that has to do with the copy: whose note it is, and whoever claims its domain. */
export async function viewsFor(
  {note}: Pick<LeftNote<'incoming' | 'probe'>, 'note'>,
  inventory: Inventory,
  viewOf: LeftBehindOptions['viewOf'],
): Promise<ReadonlyMap<string, RunView | undefined>> {
  if (!note) return new Map();
  const claims = homesOf(note.uuid, inventory).flatMap(({claim}) => claim?.run ?? []);
  const runs = [...new Set([note.run, ...claims])];
  return new Map(await Promise.all(runs.map(async run => [run, await viewOf(run)] as const)));
}
