import {setTimeout as sleep} from 'node:timers/promises';

import {HostError} from '../host-error.ts';
import type {JobReading, LiveMove, MigrateOptions} from '../host.ts';
import {abortJob} from './abort-job.ts';
import type {LibvirtLink} from './libvirt-link.ts';
import {type DomainRef, readJob} from './read-domain.ts';

const pollMs = 400;
const stallMsDefault = 30_000;
/** How long an aborted call may take to end before it is left to itself. */
const abortMs = 30_000;

/** Looks at a job while a call lasts. */
export class MoveWatch {
  readonly #source: LibvirtLink;
  readonly #dom: DomainRef;
  readonly #move: LiveMove;
  readonly #onProgress: ((job: JobReading) => void) | undefined;
  #processedBytes = 0;
  #movedAtMs = performance.now();
  #downtimeSet = false;

  constructor({
    source,
    dom,
    move,
    onProgress,
  }: {
    source: LibvirtLink;
    dom: DomainRef;
    move: LiveMove;
    onProgress: MigrateOptions['onProgress'];
  }) {
    this.#source = source;
    this.#dom = dom;
    this.#move = move;
    this.#onProgress = onProgress;
  }

  /** The most that was seen to have moved. */
  get processedBytes(): number {
    return this.#processedBytes;
  }

  /** Resolves or rejects as `call` does; on an abort or a standstill it ends the job first. */
  async until(call: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    const ended = call.then(
      () => 'ended' as const,
      () => 'ended' as const,
    );
    const aborted =
      signal &&
      new Promise<'aborted'>(resolve => signal.addEventListener('abort', () => resolve('aborted'), {once: true}));
    for (;;) {
      const next = await Promise.race([ended, sleep(pollMs, 'poll' as const), ...(aborted ? [aborted] : [])]);
      if (next === 'ended') return call;
      if (next === 'aborted') return this.#end(call, ended, signal?.reason);
      await Promise.race([ended, this.#look()]);
      const standstillMs = performance.now() - this.#movedAtMs;
      if (standstillMs > (this.#move.stallMs ?? stallMsDefault))
        return this.#end(call, ended, this.#stalled(standstillMs));
    }
  }

  async #look(): Promise<void> {
    const job = await readJob(this.#source, this.#dom, {signal: AbortSignal.timeout(5000)}).catch(() => undefined);
    if (!job) return;
    if (job.processedBytes !== this.#processedBytes) this.#movedAtMs = performance.now();
    this.#processedBytes = Math.max(this.#processedBytes, job.processedBytes);
    this.#onProgress?.(job);
    const {downtimeMsMax} = this.#move;
    if (downtimeMsMax !== undefined && !this.#downtimeSet) {
      this.#downtimeSet = true;
      await this.#source
        .ask('DOMAIN_MIGRATE_SET_MAX_DOWNTIME', {dom: this.#dom, downtime: downtimeMsMax})
        .catch(() => {});
    }
  }

  /** Aborts the job until the call has ended, and rejects: with why, unless the move was quicker. */
  async #end(call: Promise<void>, ended: Promise<'ended'>, why: unknown): Promise<void> {
    const untilMs = performance.now() + abortMs;
    for (;;) {
      const abort = abortJob(this.#source, this.#dom, {signal: AbortSignal.timeout(10_000)}).catch(() => {});
      await Promise.race([ended, abort]);
      if ((await Promise.race([ended, sleep(1000, 'wait' as const)])) === 'ended') break;
      if (performance.now() > untilMs) throw why;
    }
    await call.then(
      () => undefined,
      () => {
        throw why;
      },
    );
  }

  #stalled(standstillMs: number): HostError {
    return new HostError('STALLED', `Nothing has moved for ${Math.round(standstillMs / 1000)} s`, {
      host: this.#source.name,
      hint: 'See that the link between the two hosts carries data, and run the same command again',
    });
  }
}
