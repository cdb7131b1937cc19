import type {AutomaticLane, Step} from '@dr-toolkit/engine';
import {type DiskWaits, guestWaits, type Host, type JobReading} from '@dr-toolkit/hosts';

import {CopyPacer} from './copy-pacer.ts';
import type {DomainMove} from './domain-move.ts';
import {moveOfStep} from './move-of-step.ts';

export interface AutomaticDisk {
  readonly host: string;
  readonly lane: string;
  /** Places it begins with. */
  readonly from: number;
}

/**
 * Disk lanes that find their own speed and places by what the guests of each host wait for their disks. Guests that are
 * on the move do not count, whatever they wait: it is for the others that a lane narrows.
 */
export function automaticDiskLanes(hosts: ReadonlyMap<string, Host>, disks: Iterable<AutomaticDisk>): AutomaticLane[] {
  const pacer = new CopyPacer(hosts);
  return Array.from(disks).flatMap(({host: name, lane, from}) => {
    const host = hosts.get(name);
    return host ? [automaticDiskLane({host, hosts, pacer}, {lane, from})] : [];
  });
}

interface DiskLaneParts {
  readonly host: Host;
  readonly hosts: ReadonlyMap<string, Host>;
  readonly pacer: CopyPacer;
}

function automaticDiskLane(
  {host, hosts, pacer}: DiskLaneParts,
  {lane, from}: Pick<AutomaticDisk, 'lane' | 'from'>,
): AutomaticLane {
  let waitsBefore: DiskWaits | undefined;
  let jobsBefore = new Map<string, JobReading>();
  return {
    lane,
    from,
    remembersAs: steps => `${lane}${directionOf(host.name, movesOf(steps))}`,
    async sense(steps, options) {
      const moves = movesOf(steps);
      const [waits, read, paced] = await Promise.all([
        host.diskWaits(options),
        readJobs(hosts, moves, options),
        pacedBy(moves.length === 0 ? [host] : moves.flatMap(move => hosts.get(move.from) ?? []), options),
      ]);
      const except = new Set(moves.map(({uuid}) => uuid));
      const waitMs = waitsBefore && guestWaits(waitsBefore, waits, {except}).waitMs;
      const copies = [...read].filter(([, {memoryBytes, totalBytes}]) => totalBytes > 0 && memoryBytes === 0);
      for (const [uuid, job] of read) pacer.look(uuid, job);
      const rates = copies.map(([uuid, job]) => pacer.burden(uuid, bytesPerSecond(jobsBefore.get(uuid), job)));
      waitsBefore = waits;
      jobsBefore = read;
      return {waitMs, copying: copies.length, bytesPerSecond: rates.reduce((sum, rate) => sum + rate, 0), paced};
    },
    setSpeed: (steps, speed, {signal}) => pacer.bound(lane, movesOf(steps), {bytesPerSecond: speed, signal}),
  };
}

/** `evenly` only when all are: one that is copied coarsely is a storm for the others. */
async function pacedBy(
  sources: readonly Host[],
  options: {readonly signal: AbortSignal},
): Promise<'evenly' | 'coarsely'> {
  const evenly = await Promise.all(sources.map(source => source.pacesEvenly(options)));
  return evenly.every(Boolean) ? 'evenly' : 'coarsely';
}

/** Findings are kept by direction: a disk bears more when it is read, and much of that lies in memory anyway. */
function directionOf(host: string, moves: readonly DomainMove[]): string {
  if (moves.every(({to}) => to === host)) return ' written';
  return moves.every(({from}) => from === host) ? ' read' : '';
}

async function readJobs(
  hosts: ReadonlyMap<string, Host>,
  moves: readonly DomainMove[],
  options: {readonly signal: AbortSignal},
): Promise<Map<string, JobReading>> {
  const jobs = await Promise.all(
    moves.map(async ({uuid, from}) => {
      const job = await hosts.get(from)?.job(uuid, options);
      return job ? [[uuid, job] as const] : [];
    }),
  );
  return new Map(jobs.flat());
}

function bytesPerSecond(before: JobReading | undefined, now: JobReading): number {
  const ms = now.elapsedMs - (before?.elapsedMs ?? 0);
  return before && ms > 0 ? ((now.processedBytes - before.processedBytes) / ms) * 1000 : 0;
}

/** What steps move while it runs. An offline copy is no job of the hypervisor's. */
function movesOf(steps: readonly Step[]): DomainMove[] {
  return steps.flatMap(step => (step.kind === 'move-live' ? (moveOfStep(step) ?? []) : []));
}
