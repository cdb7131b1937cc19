import {setTimeout as sleep} from 'node:timers/promises';
import {type CallOptions, type DomainStanding, HostError, type JobReading} from '@dr-toolkit/hosts';

import type {DomainMove} from './domain-move.ts';
import {type MoveHosts, whereabouts, type Whereabouts} from './whereabouts.ts';

/** One abort, with its looks whether it was heeded. */
const abortMsMax = 20_000;

export interface SettleOptions extends CallOptions {
  readonly onProgress?: (job: JobReading) => void;
  readonly pollMs?: number;
  /** How long hosts may be silent or contradict each other before that is the answer. */
  readonly unclearMs?: number;
  /** With no byte moving for so long, the job is ended. */
  readonly stallMs?: number;
}

/**
 * Follows a move until no job is under way, and says where the domain is then. When `signal` aborts, the job is ended
 * and the answer still waited for: a move that nobody watches may take its domain along. So is a move that stands still.
 * `between` is the answer only when the hypervisor has heard the abort of a move that had not copied anything: the domain
 * stays on its source, whenever the daemon there stops waiting.
 */
export async function settledWhereabouts(
  move: DomainMove,
  hosts: MoveHosts,
  {signal, onProgress, pollMs = 500, unclearMs = 60_000, stallMs = 15_000}: SettleOptions = {},
): Promise<Whereabouts> {
  let unclearSinceMs: number | undefined;
  let [bytes, movedAtMs] = [-1, performance.now()];
  let said: 'heard' | 'refused' | undefined;
  for (;;) {
    const look = await lookAt(move, hosts);
    if (look.at === 'between') {
      unclearSinceMs = undefined;
      const job = await hosts.source.job(move.uuid).catch(ignoreHostError);
      if (job) onProgress?.(job);
      if (job && job.processedBytes !== bytes) [bytes, movedAtMs] = [job.processedBytes, performance.now()];
      const standsStill = performance.now() - movedAtMs > stallMs;
      if (signal?.aborted || standsStill) {
        const copiedNothing = job?.processedBytes === 0 && look.source?.state === 'running';
        if (copiedNothing && said === 'heard') return look;
        const limit = AbortSignal.timeout(abortMsMax);
        said = await hosts.source.abortJob(move.uuid, {signal: limit}).catch(ignoreHostError);
      }
    } else if (look.at === 'unclear') {
      unclearSinceMs ??= performance.now();
      if (performance.now() - unclearSinceMs > unclearMs) return look;
    } else {
      return look;
    }
    await sleep(pollMs);
  }
}

export interface SteadyOptions extends CallOptions {
  readonly pollMs?: number;
  /** How long hosts may contradict each other before that is the answer. */
  readonly steadyMs?: number;
}

/**
 * Where a domain is, for who only looks: follows no move. At the end of one, the source is paused for a moment while the
 * domain runs on its target already: that is looked at again. What stays contradictory is the answer.
 */
export async function steadyWhereabouts(
  move: DomainMove,
  hosts: MoveHosts,
  {signal, pollMs = 250, steadyMs = 10_000}: SteadyOptions = {},
): Promise<Whereabouts> {
  const untilMs = performance.now() + steadyMs;
  for (;;) {
    const where = await whereabouts(move, hosts, {signal});
    if (where.at !== 'unclear' || performance.now() >= untilMs) return where;
    await sleep(pollMs, undefined, {signal});
  }
}

/**
 * Hands autostart over, which cannot wait: from now on the target starts the domain by itself, and the source does not.
 * @param here How it stands on its source.
 */
export async function restIn(
  move: DomainMove,
  here: DomainStanding | undefined,
  {source, target}: MoveHosts,
  options: CallOptions,
): Promise<void> {
  if (!here?.autostart) return;
  await target.setAutostart(move.uuid, 'on', options);
  await source.setAutostart(move.uuid, 'off', options);
}

async function lookAt(move: DomainMove, hosts: MoveHosts): Promise<Whereabouts> {
  try {
    return await whereabouts(move, hosts, {signal: AbortSignal.timeout(20_000)});
  } catch (error) {
    const evidence = {[move.from]: error instanceof Error ? error.message : String(error)};
    return {at: 'unclear', source: undefined, target: undefined, evidence};
  }
}

function ignoreHostError(error: unknown): undefined {
  const late = error instanceof DOMException && error.name === 'TimeoutError';
  if (!late && !(error instanceof HostError)) throw error;
}
