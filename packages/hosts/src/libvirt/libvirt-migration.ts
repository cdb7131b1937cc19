import {setTimeout as sleep} from 'node:timers/promises';
import {paramValues, type RpcClient, type TypedParam, typedParams} from '@dr-toolkit/libvirt';

import {HostError} from '../host-error.ts';
import type {JobReading, LiveMove, LiveMoveResult, MigrateOptions} from '../host.ts';
import {abortJob} from './abort-job.ts';
import {moveFailure} from './libvirt-failure.ts';
import type {LibvirtLink} from './libvirt-link.ts';
import {type DomainRef, readJob} from './read-domain.ts';

const flags = {
  live: 0x1,
  peerToPeer: 0x2,
  persistTarget: 0x8,
  copyDisks: 0x40,
  changeProtection: 0x100,
  abortOnError: 0x1000,
  autoConverge: 0x2000,
};
const completed = 1;
const pollMs = 400;
const stallMsDefault = 30_000;
/** How long an aborted call may take to end before it is left to itself. */
const abortMs = 30_000;

const paramTypes = {
  migrate_uri: 'string',
  destination_name: 'string',
  destination_xml: 'string',
  persistent_xml: 'string',
  migrate_disks: 'string[]',
  bandwidth: 'ullong',
} as const;

interface Links {
  readonly source: LibvirtLink;
  readonly target: LibvirtLink;
}

/** Moves a running domain, watched: progress is told, a standstill or an abort ends it. */
export async function liveMove(
  {source, target}: Links,
  dom: DomainRef,
  move: LiveMove,
  {signal, onProgress}: MigrateOptions = {},
): Promise<LiveMoveResult> {
  signal?.throwIfAborted();
  const call =
    move.through === 'daemons'
      ? throughDaemons({source, target}, dom, move)
      : throughClient({source, target}, dom, move);
  const watch = new Watch({source, dom, move, onProgress});
  try {
    await watch.until(call, signal);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw moveFailure(error, source.name, target.name);
  }
  const last = await lastStats({source, target}, dom);
  const downtimeMs = last?.['downtime'];
  const memory = Number(last?.['memory_processed'] ?? 0);
  return {
    through: move.through,
    ...(downtimeMs !== undefined && {downtimeMs: Number(downtimeMs)}),
    copiedBytes: Math.max(watch.processedBytes, memory),
  };
}

/** One call, which lasts as long as the move and goes on without us. */
async function throughDaemons({source}: Links, dom: DomainRef, move: LiveMove): Promise<void> {
  await source.own(client =>
    client.call('DOMAIN_MIGRATE_PERFORM3_PARAMS', {
      dom,
      dconnuri: move.targetUri,
      params: paramsOf(move),
      cookieIn: new Uint8Array(),
      flags: flagsOf(move) | flags.peerToPeer,
    }),
  );
}

/** The same in five calls on both sides. When these connections end, both daemons take everything back. */
async function throughClient({source, target}: Links, dom: DomainRef, move: LiveMove): Promise<void> {
  await source.own(from => target.own(to => clientMove({from, to}, dom, move)));
}

async function clientMove({from, to}: {from: RpcClient; to: RpcClient}, dom: DomainRef, move: LiveMove): Promise<void> {
  const common = flagsOf(move);
  const atSource = common | flags.changeProtection;
  const atTarget = common & ~(flags.abortOnError | flags.autoConverge);
  const params = paramsOf(move);
  const begun = await from.call('DOMAIN_MIGRATE_BEGIN3_PARAMS', {dom, params, flags: atSource});

  const arrival = [
    ...params.filter(({field}) => field !== 'destination_xml'),
    ...typedParams(paramTypes, {destination_xml: begun.xml}),
  ];
  let prepared;
  try {
    prepared = await to.call('DOMAIN_MIGRATE_PREPARE3_PARAMS', {
      params: arrival,
      cookieIn: begun.cookieOut,
      flags: atTarget,
    });
  } catch (error) {
    await from
      .call('DOMAIN_MIGRATE_CONFIRM3_PARAMS', {
        dom,
        params: [],
        cookieIn: new Uint8Array(),
        flags: atSource,
        cancelled: 1,
      })
      .catch(() => {});
    throw error;
  }

  const uri = prepared.uriOut ?? move.migrateUri;
  const sending = [
    ...params.filter(({field}) => field !== 'migrate_uri'),
    ...typedParams(paramTypes, {migrate_uri: uri}),
  ];
  let performed: {cookieOut: Uint8Array} | undefined;
  let failure: Error | undefined;
  try {
    performed = await from.call('DOMAIN_MIGRATE_PERFORM3_PARAMS', {
      dom,
      params: sending,
      cookieIn: prepared.cookieOut,
      flags: atSource,
    });
  } catch (error) {
    failure = error as Error;
  }

  const naming = [...arrival, ...typedParams(paramTypes, {destination_name: dom.name})];
  try {
    const finished = await to.call('DOMAIN_MIGRATE_FINISH3_PARAMS', {
      params: naming,
      cookieIn: performed?.cookieOut ?? new Uint8Array(),
      flags: atTarget,
      cancelled: performed ? 0 : 1,
    });
    if (performed) {
      await from.call('DOMAIN_MIGRATE_CONFIRM3_PARAMS', {
        dom,
        params: [],
        cookieIn: finished.cookieOut,
        flags: atSource,
        cancelled: 0,
      });
    }
  } catch (error) {
    // The target did not take over, so the source goes on.
    if (performed) {
      await from
        .call('DOMAIN_MIGRATE_CONFIRM3_PARAMS', {
          dom,
          params: [],
          cookieIn: new Uint8Array(),
          flags: atSource,
          cancelled: 1,
        })
        .catch(() => {});
      throw error;
    }
  }
  if (failure) throw failure;
}

function flagsOf({copiedDisks, autoConverge}: LiveMove): number {
  const disks = copiedDisks.length > 0 ? flags.copyDisks : 0;
  const converge = autoConverge === 'on' ? flags.autoConverge : 0;
  return flags.live | flags.persistTarget | flags.abortOnError | disks | converge;
}

function paramsOf({
  definition,
  persistentDefinition,
  migrateUri,
  copiedDisks,
  bandwidthMibPerSecond,
}: LiveMove): TypedParam[] {
  return typedParams(paramTypes, {
    destination_xml: definition,
    persistent_xml: persistentDefinition,
    migrate_uri: migrateUri,
    migrate_disks: copiedDisks.length > 0 ? copiedDisks : undefined,
    bandwidth: bandwidthMibPerSecond,
  });
}

async function lastStats({source, target}: Links, dom: DomainRef) {
  for (const link of [source, target]) {
    const stats = await link.ask('DOMAIN_GET_JOB_STATS', {dom, flags: completed}).catch(() => undefined);
    if (stats && stats.params.length > 0) {
      const values = paramValues(stats.params);
      if (values['downtime'] !== undefined) return values;
    }
  }
  return undefined;
}

/** Looks at a job while a call lasts. */
class Watch {
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
