import {type Domain, jobStats, type MigrateFlag, type MigrateOptions as Moving} from '@dr-toolkit/libvirt';

import {domainDefinition} from '../domain-definition.ts';
import type {CallOptions, LiveMove, LiveMoveResult, MigrateOptions} from '../host.ts';
import {arrival} from './arrival.ts';
import {setCopySpeed} from './copy-speed.ts';
import {dropThrottles} from './copy-throttle.ts';
import type {LibvirtLink} from './libvirt-link.ts';
import {boundFromStart, startMibPerSecond} from './gentle-start.ts';
import {hasMonitor} from './monitor.ts';
import {moveFailure} from './move-failure.ts';
import {MoveWatch} from './move-watch.ts';
import {refByUuid} from './read-domain.ts';
import {canDetectZeroes} from './zero-detection.ts';

const dropMs = 10_000;
/** Of a job's numbers: those of the one that ended last. */
const completed = 1;

export interface LiveMoveOptions extends MigrateOptions {
  /** What bounds the copy of its disks at this moment, in bytes per second. */
  readonly boundNow?: () => number | undefined;
  /** Called when that bound holds, or cannot be had. Until then nobody else may set one. */
  readonly onBound?: () => void;
  /** Called when it is about to be ended. From then on there is no bound, and nobody may set one. */
  readonly onStop?: () => void;
}

export interface MoveEnds {
  readonly source: LibvirtLink;
  readonly target: LibvirtLink;
}

/** Moves a running domain, watched: progress is told, a standstill or an abort ends it. */
export async function liveMove(
  {source, target}: MoveEnds,
  uuid: string,
  move: LiveMove,
  {signal, onProgress, onArrived, boundNow, onBound, onStop}: LiveMoveOptions = {},
): Promise<LiveMoveResult> {
  const [domain, zeroes] = await Promise.all([
    source.act(({domains}) => domains.lookupByUuid(uuid, {signal}), {signal}),
    canDetectZeroes([source, target], {signal}),
  ]);
  signal?.throwIfAborted();
  const targetPrepares = async (options: CallOptions) =>
    (await target.find('DOMAIN_LOOKUP_BY_UUID', {uuid}, options)) !== undefined;
  const accelerated = domainDefinition(move.definition).virtType !== 'qemu';
  const over = new AbortController();
  const lift = async (options: CallOptions) => {
    const isBound = boundNow?.() !== undefined;
    over.abort();
    onStop?.();
    if (isBound) await setCopySpeed(source, domain.ref, {bytesPerSecond: undefined}, options);
  };
  const watch = new MoveWatch(source, domain, {move, accelerated, onProgress, targetPrepares, lift});
  const bounded = boundNow?.() !== undefined && move.copiedDisks.length > 0 && (await hasMonitor(source, domain.ref));
  const begun = {
    ...optionsOf(bounded ? {...move, bandwidthMibPerSecond: startMibPerSecond} : move),
    disksDetectZeroes: zeroes && move.copiedDisks.length > 0 ? move.copiedDisks : undefined,
  };
  const begin = (stop: AbortSignal) => beginMove(domain, target, move, {...begun, signal: stop});
  const moved = () => watch.during(begin, signal);
  if (onArrived) void arrival(target, uuid, {signal: over.signal}).then(how => how === 'arrived' && onArrived());
  if (bounded) {
    const speed = () => ({bytesPerSecond: boundNow(), ownMibPerSecond: move.bandwidthMibPerSecond});
    void boundFromStart(source, domain.ref, speed, {signal: over.signal})
      .catch(() => {})
      .finally(() => over.signal.aborted || onBound?.());
  } else onBound?.();
  try {
    // What an earlier move left behind, nobody having been there when it failed, stands in the way of this one.
    await moved().catch(async (error: unknown) => {
      const dropped = await dropThrottles(source, domain.ref, {signal: AbortSignal.timeout(dropMs)}).catch(() => false);
      if (!dropped || watch.processedBytes > 0 || signal?.aborted) throw error;
      await moved();
    });
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw moveFailure(error, {source: source.name, target: target.name, movedBytes: watch.processedBytes});
  } finally {
    over.abort();
  }
  const last = await lastStats({source, target}, uuid);
  return {
    through: move.through,
    ...(last?.downtimeMs !== undefined && {downtimeMs: last.downtimeMs}),
    copiedBytes: Math.max(watch.processedBytes, last?.memory.processed ?? 0),
  };
}

/**
 * `daemons`: one call, which goes on without us. `client`: several on both sides; when these connections end, both
 * daemons take everything back.
 */
async function beginMove(
  domain: Domain,
  target: LibvirtLink,
  {through, targetUri}: LiveMove,
  options: Moving,
): Promise<void> {
  await (through === 'daemons'
    ? domain.migrateToUri(targetUri, options)
    : domain.migrateTo(target.connection, options));
}

function optionsOf(move: LiveMove): Moving {
  const copies = move.copiedDisks.length > 0;
  const flags: MigrateFlag[] = ['live', 'persist-dest', 'abort-on-error'];
  if (copies) flags.push('non-shared-disk');
  if (move.autoConverge === 'on') flags.push('auto-converge');
  return {
    flags,
    destinationXml: move.definition,
    persistentXml: move.persistentDefinition,
    migrateUri: move.migrateUri,
    disks: copies ? move.copiedDisks : undefined,
    mibPerSecondMax: move.bandwidthMibPerSecond,
  };
}

/** The numbers of the finished move, from whichever side kept them. */
async function lastStats({source, target}: MoveEnds, uuid: string) {
  for (const link of [source, target]) {
    const args = {dom: refByUuid(uuid), flags: completed};
    const answer = await link.ask('DOMAIN_GET_JOB_STATS', args).catch(() => undefined);
    const stats = answer && jobStats(answer.type, answer.params);
    if (stats?.downtimeMs !== undefined) return stats;
  }
  return undefined;
}
