import {paramValues, type RpcClient, type TypedParam, typedParams} from '@dr-toolkit/libvirt';

import type {LiveMove, LiveMoveResult, MigrateOptions} from '../host.ts';
import {moveFailure} from './libvirt-failure.ts';
import type {LibvirtLink} from './libvirt-link.ts';
import {MoveWatch} from './move-watch.ts';
import type {DomainRef} from './read-domain.ts';

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
  const watch = new MoveWatch({source, dom, move, onProgress});
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
