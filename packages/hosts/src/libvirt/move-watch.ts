import {setTimeout as sleep} from 'node:timers/promises';
import type {Domain} from '@dr-toolkit/libvirt';

import {allowedDowntimeMs} from '../allowed-downtime.ts';
import {HostError} from '../host-error.ts';
import type {CallOptions, JobReading, LiveMove, MigrateOptions} from '../host.ts';
import {dropConnections} from './abort-job.ts';
import type {LibvirtLink} from './libvirt-link.ts';
import {readJob} from './read-domain.ts';

const pollMs = 400;
/** The same until something moves: a small guest's memory is carried in a moment. */
const pollEarlyMs = 100;
const lookMs = 5000;
/**
 * Shorter than libvirt's own patience with a silent peer (25 s), after which it cancels the copy in a way that lets QEMU
 * wait for the dead connection, and the guest with it.
 */
const stallMsDefault = 15_000;
/** Until the first byte the target may be busy preparing, which shows: it knows the domain by then. */
const prepareMs = 25_000;
/** It is asked only after so long: mostly bytes move by then. */
const askMs = 2000;
/** With no byte for so long before an abort, the connections are taken for dead and dropped first. */
const quietMs = 2000;
/** How long an aborted move may take to end before its connections are dropped, each time anew. */
const patienceMs = 5000;
/** How long an abort may be held up by the lifting of a bound. */
const liftMs = 2000;
/** How long it may take to end before it is left to itself. */
const abortMs = 30_000;
/** The same before the first byte: the daemon may be waiting for its peer, for as long as TCP does. */
const abortEarlyMs = 4000;

export interface MoveWatchOptions {
  readonly move: Pick<LiveMove, 'downtimeMsMax' | 'stallMs'>;
  /** Whether the guest runs on its processor itself, not emulated. */
  readonly accelerated: boolean;
  readonly onProgress: MigrateOptions['onProgress'];
  /** Whether the target knows the domain already. */
  readonly targetPrepares: (options: CallOptions) => Promise<boolean>;
  /** Lifts what bounds its copy: an abort waits for what is under way. */
  readonly lift: (options: CallOptions) => Promise<unknown>;
}

/** Looks at a domain's job while the call that moves it lasts, and ends it when it stands still. */
export class MoveWatch {
  readonly #link: LibvirtLink;
  readonly #domain: Domain;
  readonly #options: MoveWatchOptions;
  #processedBytes = 0;
  #movedAtMs = performance.now();
  #downtimeMs = 0;
  #memorySinceMs: number | undefined;
  #prepares = false;

  constructor(link: LibvirtLink, domain: Domain, options: MoveWatchOptions) {
    this.#link = link;
    this.#domain = domain;
    this.#options = options;
  }

  /** The most that was seen to have moved. */
  get processedBytes(): number {
    return this.#processedBytes;
  }

  /** Begins a move and resolves or rejects as it does. The signal it gets aborts on `signal`, and on a standstill. */
  async during(begin: (stop: AbortSignal) => Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    const stop = new AbortController();
    const stopped = Promise.withResolvers<'stopped'>();
    stop.signal.addEventListener('abort', () => stopped.resolve('stopped'), {once: true});
    const onAbort = (): void => void this.#stop(stop, signal?.reason);
    signal?.addEventListener('abort', onAbort, {once: true});
    try {
      const call = begin(stop.signal);
      const ended = call.then(hasEnded, hasEnded);
      while ((await Promise.race([ended, stopped.promise, sleep(this.#pollMs, 'poll')])) === 'poll') {
        await Promise.race([ended, stopped.promise, this.#look()]);
        if (this.#quietMs > this.#stallMs) await this.#stop(stop, this.#stalled(this.#quietMs));
      }
      if (stop.signal.aborted) await this.#untilEnded(ended, stop.signal.reason);
      await call;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  get #quietMs(): number {
    return performance.now() - this.#movedAtMs;
  }

  get #pollMs(): number {
    return this.#processedBytes === 0 ? pollEarlyMs : pollMs;
  }

  get #stallMs(): number {
    const {stallMs = stallMsDefault} = this.#options.move;
    return this.#processedBytes === 0 && this.#prepares ? Math.max(stallMs, prepareMs) : stallMs;
  }

  /** Told to end while its connection is dead, a copy would hold the guest until the connection is given up. */
  async #stop(stop: AbortController, why: unknown): Promise<void> {
    if (this.#processedBytes > 0 && this.#quietMs > quietMs) await this.#dropConnections();
    await this.#options.lift({signal: AbortSignal.timeout(liftMs)}).catch(() => {});
    stop.abort(why);
  }

  async #dropConnections(): Promise<void> {
    const options = {signal: AbortSignal.timeout(patienceMs)};
    await dropConnections(this.#link, this.#domain.ref, options).catch(() => {});
  }

  async #look(): Promise<void> {
    const options = {signal: AbortSignal.timeout(lookMs)};
    const job = await readJob(this.#link, this.#domain.ref, options).catch(() => undefined);
    if (!job) return;
    if (job.processedBytes !== this.#processedBytes) this.#movedAtMs = performance.now();
    this.#processedBytes = Math.max(this.#processedBytes, job.processedBytes);
    this.#options.onProgress?.(job);
    // A daemon that is too busy with the domain to answer knows it.
    if (this.#processedBytes === 0 && this.#quietMs > askMs) {
      this.#prepares ||= await this.#options.targetPrepares(options).catch(() => true);
    }
    // What libvirt restores after the move is what it finds at its start, so nothing is said before that.
    if (job.totalBytes > 0) await this.#allowDowntime(job, options);
  }

  async #allowDowntime({memoryBytes}: JobReading, options: CallOptions): Promise<void> {
    const nowMs = performance.now();
    if (memoryBytes > 0) this.#memorySinceMs ??= nowMs;
    const carryingMs = nowMs - (this.#memorySinceMs ?? nowMs);
    const {move, accelerated} = this.#options;
    // QEMU's emulation may lose a page in each round of copying memory, so rounds are not added without being asked for.
    if (!accelerated && move.downtimeMsMax === undefined) return;
    const allowedMs = allowedDowntimeMs(carryingMs, move.downtimeMsMax);
    if (allowedMs === this.#downtimeMs) return;
    this.#downtimeMs = allowedMs;
    await this.#domain.job.setMaxDowntime(allowedMs, options).catch(() => {});
  }

  /** The client aborts the job; this sees to it that the job heeds it. Rejects with `why` when it never does. */
  async #untilEnded(ended: Promise<'ended'>, why: unknown): Promise<void> {
    const early = this.#processedBytes === 0;
    const untilMs = performance.now() + (early ? abortEarlyMs : abortMs);
    while ((await Promise.race([ended, sleep(early ? abortEarlyMs : patienceMs, 'waiting')])) !== 'ended') {
      if (performance.now() > untilMs) throw why;
      await Promise.race([ended, this.#dropConnections()]);
    }
  }

  #stalled(standstillMs: number): HostError {
    return new HostError('STALLED', `Nothing has moved for ${Math.round(standstillMs / 1000)} s`, {
      host: this.#link.name,
      hint: 'See that the link between the two hosts carries data, and run the same command again',
    });
  }
}

const hasEnded = (): 'ended' => 'ended';
