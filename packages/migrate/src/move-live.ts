import {defineStep, type Found, type StepContext} from '@dr-toolkit/engine';
import {shellWord} from '@dr-toolkit/estate';
import {downtimeMsDefault, HostError, type JobReading, type LiveMoveResult, targetDefinition} from '@dr-toolkit/hosts';

import {clearTarget} from './clear-target.ts';
import {copiedDisks, type DomainMove, type MoveResult, placesOnTarget} from './domain-move.ts';
import {MigrationError} from './migration-error.ts';
import {fullPools} from './full-pools.ts';
import {migrationLanes} from './migration-lanes.ts';
import {isPrepared, prepareTarget} from './prepare-target.ts';
import {restIn, settledWhereabouts, steadyWhereabouts} from './settled-whereabouts.ts';
import {
  hostsOf,
  type MigrationContext,
  type MoveHosts,
  statesText,
  whereabouts,
  type Whereabouts,
} from './whereabouts.ts';

type Context = MigrationContext & StepContext;

/**
 * Learned by an attempt whose abort the hypervisor has heard before anything was copied: it comes to nothing, though its
 * job is still to be seen.
 */
const givenUp = 'given up before anything was copied';

/** Moves a running domain while it runs. Whatever goes wrong, both hosts are asked before anything is said of it. */
export const moveLive = defineStep<DomainMove, MigrationContext>('move-live', {
  lanes: migrationLanes,

  async inspect(move, context) {
    const where = await steadyWhereabouts(move, hostsOf(move, context), {signal: context.signal});
    return where.at === 'between' && context.learned.has(givenUp) ? {state: 'pending'} : foundLive(move, where);
  },

  async perform(move, context) {
    const hosts = hostsOf(move, context);
    const [where, prepared] = await Promise.all([
      whereabouts(move, hosts, context),
      isPrepared(move, hosts, context).catch(() => false),
    ]);
    if (where.at === 'off' && where.source) throw notRunning(move, where);
    if (where.at !== 'source') throw unclear(move, where);
    const startedMs = performance.now();
    try {
      // An earlier try that failed has cleared away what was prepared for it.
      if (!prepared) await prepareTarget(move, hosts, context);
      const live = await migrate(move, where, hosts, context);
      await restIn(move, await hosts.source.readDomain(move.uuid, context), hosts, context);
      return resultOf(move, live, performance.now() - startedMs);
    } catch (error) {
      await afterFailure(move, hosts, context, error);
      return resultOf(move, undefined, performance.now() - startedMs);
    }
  },

  async attach(move, context) {
    const hosts = hostsOf(move, context);
    // Who slowed its copy, and widened its pause, is gone. Lanes that judge anew slow it again. One that is to be ended is
    // not made quicker: it could arrive meanwhile.
    const options = {signal: context.signal, ownMibPerSecond: move.bandwidthMibPerSecond};
    await hosts.source.setCopySpeed(move.uuid, undefined, options).catch(() => false);
    await hosts.source.setDowntimeMax(move.uuid, move.downtimeMsMax ?? downtimeMsDefault, context).catch(() => false);
    await afterFailure(move, hosts, context, undefined);
    return resultOf(move, undefined, undefined);
  },
});

export function foundLive(move: DomainMove, where: Whereabouts): Found {
  const {domain, from, to} = move;
  switch (where.at) {
    case 'target':
      return {state: 'done', result: resultOf(move, undefined, undefined)};
    case 'between':
      return {state: 'underway', text: `${domain} is on its way from ${from} to ${to}`, detail: where.evidence};
    case 'source':
      return {state: 'pending'};
    case 'off':
      if (where.source) return {state: 'pending'};
      return {state: 'unknown', why: `${domain} is shut off on ${to} and gone from ${from}`, evidence: where.evidence};
    case 'both':
    case 'nowhere':
    case 'unclear':
      break;
  }
  return {state: 'unknown', why: whyUnclear(move, where), evidence: where.evidence};
}

/** First by the daemons; when they cannot reach each other, nothing has moved, and dr itself stands between them. */
async function migrate(
  move: DomainMove,
  before: Whereabouts,
  hosts: MoveHosts,
  context: Context,
): Promise<LiveMoveResult> {
  const first = move.through === 'client' ? 'client' : 'daemons';
  try {
    return await migrateThrough(first, move, before, hosts, context);
  } catch (error) {
    const peers = error instanceof HostError && error.code === 'PEER_UNREACHABLE';
    if (!peers || move.through !== 'auto') throw error;
    const where = await whereabouts(move, hosts, context);
    if (where.at !== 'source') throw error;
    context.log(`${error.message}; dr drives the move itself`);
    return migrateThrough('client', move, where, hosts, context);
  }
}

async function migrateThrough(
  through: 'daemons' | 'client',
  move: DomainMove,
  before: Whereabouts,
  {source, target}: MoveHosts,
  context: Context,
): Promise<LiveMoveResult> {
  const {signal} = context;
  const {targetUri, migrateUri, bandwidthMibPerSecond, downtimeMsMax, autoConverge} = move;
  const copied = copiedDisks(move);
  const changes = {
    disks: placesOnTarget(move),
    interfaces: move.interfaces,
  };
  const [running, persistent] = await Promise.all([
    source.definition(move.uuid, {form: 'migratable', signal}),
    before.source?.persistent ? source.definition(move.uuid, {form: 'persistent', signal}) : undefined,
  ]);
  return source.migrate(
    move.uuid,
    target,
    {
      through,
      targetUri,
      ...(migrateUri !== undefined && {migrateUri}),
      definition: targetDefinition(running, {...changes, sparseDisks: copied.map(disk => disk.target)}),
      persistentDefinition: targetDefinition(persistent ?? running, changes),
      copiedDisks: copied.map(disk => disk.target),
      ...(bandwidthMibPerSecond !== undefined && {bandwidthMibPerSecond}),
      ...(downtimeMsMax !== undefined && {downtimeMsMax}),
      ...(autoConverge !== undefined && {autoConverge}),
    },
    {signal, onProgress: job => report(job, move, context), onArrived: context.easeLanes},
  );
}

/**
 * The call that moved it has ended badly, or was never ours. Waits for what both hosts say in the end: returns when the
 * domain works on the target after all, and throws what the operator has to know otherwise.
 */
async function afterFailure(move: DomainMove, hosts: MoveHosts, context: Context, error: unknown): Promise<void> {
  const {domain, from} = move;
  const where = await settledWhereabouts(move, hosts, {
    signal: context.signal,
    onProgress: job => report(job, move, context),
    // It has stood still for long enough already.
    ...(error instanceof HostError && error.code === 'STALLED' && {stallMs: 0}),
  });
  const signal = AbortSignal.timeout(30_000); // what follows must outlive a cancel
  if (where.at === 'target') {
    await restIn(move, where.source, hosts, {signal});
    return;
  }
  if (where.at === 'between') {
    context.learned.add(givenUp);
    throw stillWaiting(move, error, context.signal);
  }
  if (where.at !== 'source' && !(where.at === 'off' && where.source)) throw unclear(move, where, error);
  if (where.source?.state === 'paused' && where.source.stateReason === 'migration') {
    await hosts.source.resume(move.uuid, {signal});
  }
  const full = error === undefined ? [] : await fullPools(move, hosts.target, {signal});
  const cleared = await clearTarget(move, hosts, {signal}).then(
    () => '',
    () => `; what was begun on ${move.to} could not be removed, and is replaced by the next run`,
  );
  if (where.at === 'off') throw notRunning(move, where, error);
  const why = error instanceof Error ? error.message : 'the move ended while nobody watched';
  if (context.signal.aborted) {
    throw new MigrationError('ABORTED', `${domain} was not moved and runs on ${from}: aborted${cleared}`, {
      hint: 'Run the same command again to move it',
      cause: error,
    });
  }
  if (full.length > 0) {
    const pools = full.length === 1 ? `pool ${full[0]} is full` : `pools ${full.join(', ')} are full`;
    throw new MigrationError(
      'MOVE_FAILED',
      `${domain} was not moved and runs on ${from}: ${pools} on ${move.to} (${why})${cleared}`,
      {hint: `Free disk space on ${move.to}, and run the same command again`, cause: error},
    );
  }
  throw new MigrationError('MOVE_FAILED', `${domain} was not moved and runs on ${from}: ${why}${cleared}`, {
    hint: error instanceof HostError || error instanceof MigrationError ? error.hint : 'Run the same command again',
    cause: error,
  });
}

function report(
  {processedBytes, totalBytes, memoryBytes, bytesPerSecond}: JobReading,
  move: DomainMove,
  context: Context,
): void {
  if (totalBytes === 0) return context.progress({text: 'connecting'});
  const bytesTotal = totalBytes + (memoryBytes === 0 ? move.memoryBytes : 0); // memory follows the disks
  context.progress({
    fraction: Math.min(1, processedBytes / bytesTotal),
    bytesDone: processedBytes,
    bytesTotal,
    bytesPerSecond,
  });
}

function resultOf({domain, from, to}: DomainMove, live: LiveMoveResult | undefined, ms: number | undefined) {
  const result = {
    domain,
    from,
    to,
    mode: 'live' as const,
    ...(ms !== undefined && {seconds: Math.round(ms / 100) / 10}),
    ...(live && {through: live.through, copiedBytes: live.copiedBytes}),
    ...(live?.downtimeMs !== undefined && {downtimeMs: live.downtimeMs}),
  };
  return result satisfies MoveResult;
}

function notRunning({domain, from, to}: DomainMove, where: Whereabouts, cause?: unknown): MigrationError {
  if (where.target) {
    return new MigrationError('SOURCE_STATE', `${domain} runs nowhere, and both hosts have it (${statesText(where)})`, {
      hint: `It may have worked on ${to} before it went off: do not start it on ${from} before you have seen how it is on ${to}; the same command again says more`,
      cause,
    });
  }
  return new MigrationError('SOURCE_STATE', `${domain} does not run on ${from} any more (${statesText(where)})`, {
    hint: 'Run the same command again: it is then moved offline; or start it first, to move it live',
    cause,
  });
}

/** Aborted before anything was copied; the source's daemon does not end its call before TCP gives up. */
function stillWaiting({domain, from, to}: DomainMove, error: unknown, signal: AbortSignal): MigrationError {
  const why = signal.aborted ? 'aborted' : error instanceof Error ? error.message : 'nothing has moved';
  return new MigrationError(
    signal.aborted ? 'ABORTED' : 'MOVE_FAILED',
    `${domain} was not moved and runs on ${from}: ${why}; the move is aborted, though libvirt on ${from} may still wait for ${to} for some minutes`,
    {
      hint: `See that ${from} reaches ${to}; when virsh domjobinfo ${shellWord(domain)} on ${from} shows no job any more, run the same command again`,
      cause: error,
    },
  );
}

function unclear(move: DomainMove, where: Whereabouts, cause?: unknown): MigrationError {
  return new MigrationError('UNCLEAR', whyUnclear(move, where), {
    hint: `Look at both hosts (virsh list --all) before anything else, and leave ${move.domain} running in one place only`,
    cause,
  });
}

function whyUnclear({domain}: DomainMove, where: Whereabouts): string {
  return `Where ${domain} runs cannot be told for certain (${statesText(where)})`;
}
