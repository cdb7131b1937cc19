import type {RunView} from '@dr-toolkit/engine';
import {type Inventory, type LeftNote, notePath} from '@dr-toolkit/hosts';

import {claimStanding, claimText} from './claim-standing.ts';
import {type CopyStanding, copyStanding, standingIn} from './copy-standing.ts';
import {homesOf} from './homes-of.ts';
import {hasLeft} from './whereabouts.ts';

export interface KnownOfCopy {
  /** Of all hosts of the estate. */
  readonly inventory: Inventory;
  /** Every run that has to do with it, as its own store shows it; undefined where no store here has seen it. */
  readonly views: ReadonlyMap<string, RunView | undefined>;
  readonly nowMs: number;
}

/**
 * Why an unfinished copy must stay; undefined only when it is certain that nobody will ever need it: its run does not go
 * on with it, nobody uses or claims it, and its domain lives elsewhere, not on a newer copy that this might be.
 */
export function reasonToLeave(copy: LeftNote<'incoming'>, known: KnownOfCopy): string | undefined {
  const {note, usedBy, host} = copy;
  if (!note) return unreadable;
  if (usedBy !== undefined) return `in use by ${usedBy}`;
  const {inventory, views} = known;
  const [silent] = inventory.unreachable;
  if (silent) return `${silent.name} does not answer, and may use it`;
  const reading = inventory.hosts.find(({name}) => name === host);
  if (reading?.domains.some(({uuid}) => uuid === note.uuid)) return `${host} knows ${note.domain}: dr status ${host}`;
  const volumes = reading?.pools.flatMap(pool => pool.volumes) ?? [];
  if (volumes.some(({path}) => path === notePath(copy.path, 'kept'))) return 'it is marked as a kept disk, too';
  const run = views.get(note.run);
  const standing = copyStanding(run, note.uuid);
  return reasonOfRun(standing, note, {...known, state: run?.state, host}) ?? reasonOfDomain(standing, note, known);
}

/** Why a left-over probe must stay. It is a note and no more: only the run that wrote it needs it, for seconds. */
export function reasonToLeaveProbe({note}: LeftNote<'probe'>, known: KnownOfCopy): string | undefined {
  if (!note) return unreadable;
  const run = known.views.get(note.run);
  if (run) return run.state === 'running' ? atWork(note.run) : undefined;
  const [silent] = known.inventory.unreachable;
  if (silent) return `${silent.name} does not answer, and run ${note.run} may be at work there`;
  return reasonOfRun('unknown', note, known) ?? reasonOfClaim(note, known);
}

const unreadable = 'its note cannot be read, so whose it is cannot be told';

function atWork(run: string): string {
  return `run ${run} is at work: dr show ${run}`;
}

interface Noted {
  readonly uuid: string;
  readonly domain: string;
  readonly run: string;
  readonly until?: string;
}

function reasonOfRun(
  standing: CopyStanding,
  {run, domain, until}: Noted,
  {nowMs, state, host}: Pick<KnownOfCopy, 'nowMs'> & {readonly state?: string | undefined; readonly host?: string},
): string | undefined {
  switch (standing) {
    case 'at work':
      return atWork(run);
    case 'resumable':
      return `run ${run} is ${state} and may go on (dr resume ${run}); to take it back: dr abort ${run} --undo`;
    case 'arrived':
      return `run ${run} saw ${domain} arrive on ${host}, which does not know it now`;
    case 'unknown':
      if (until !== undefined && Date.parse(until) <= nowMs) return undefined;
      return `run ${run} is not known here, and may be at work ${until === undefined ? 'still' : `until ${momentText(until)}`}`;
    case 'unclear':
    case 'given up':
      break;
  }
  return undefined;
}

/** Where the domain is now says whether this could be more than a copy. */
function reasonOfDomain(standing: CopyStanding, note: Noted, known: KnownOfCopy): string | undefined {
  const {domain} = note;
  const homes = homesOf(note.uuid, known.inventory);
  if (homes.length === 0) return `no other host has ${domain}: this may be its last copy`;
  const busy = homes.find(({job, state}) => job !== undefined || state === 'paused' || state === 'unknown');
  if (busy) return `${domain} is ${busy.state} on ${busy.host}${busy.job === undefined ? '' : `, job ${busy.job}`}`;
  const claimed = reasonOfClaim(note, known);
  if (claimed !== undefined) return claimed;
  if (homes.some(({state}) => state === 'running' || state === 'blocked')) return undefined;
  // Where it works, it is. Where it is off, only its run can say that it never worked here.
  if (standing === 'given up' && !homes.some(hasLeft)) return undefined;
  const where = homes.map(({host, state}) => `${state} on ${host}`).join(', ');
  return `${domain} is ${where}, and whether this copy is newer cannot be told`;
}

function reasonOfClaim({uuid, domain}: Noted, {inventory, views, nowMs}: KnownOfCopy): string | undefined {
  for (const {claim, host} of homesOf(uuid, inventory)) {
    if (!claim) continue;
    const standing = claimStanding(claim, {run: standingIn(views.get(claim.run)), nowMs});
    if (standing !== 'free') return `${domain} on ${host} is held by ${claimText(claim)}: dr claims`;
  }
  return undefined;
}

function momentText(iso: string): string {
  return Number.isNaN(Date.parse(iso)) ? 'a time that cannot be read' : `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}
