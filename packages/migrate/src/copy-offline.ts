import {defineStep, type StepContext} from '@dr-toolkit/engine';
import {type Host, HostError, targetDefinition, type VolumePiece} from '@dr-toolkit/hosts';

import {clearTarget} from './clear-target.ts';
import {ContentDigest} from './content-digest.ts';
import {copiedDisks, type DomainMove, placesOnTarget} from './domain-move.ts';
import {MigrationError} from './migration-error.ts';
import {migrationLanes} from './migration-lanes.ts';
import {movedAway} from './moved-away.ts';
import {paced} from './paced.ts';
import {isPrepared, prepareTarget} from './prepare-target.ts';
import {whileMoving} from './while-moving.ts';
import {hostsOf, isLeftBehind, type MigrationContext, type MoveHosts, statesText, whereabouts} from './whereabouts.ts';

type Context = MigrationContext & StepContext;

/** Longer than a live move's: a slow disk may take its time for what it was sent. */
const stallMs = 60_000;

interface FileCopy {
  readonly sourcePath: string;
  readonly targetPath: string;
  readonly lengthBytes: number;
}

/**
 * Copies a domain that is shut off: its disks and NVRAM through this machine, holes left out, each read back and
 * compared; its definition last, so that a target which knows the domain has all of it.
 */
export const copyOffline = defineStep<DomainMove, MigrationContext>('copy-offline', {
  lanes: migrationLanes,

  async inspect(move, context) {
    const where = await whereabouts(move, hostsOf(move, context), context);
    if (where.at === 'off' && where.target) return {state: 'done'};
    if (where.at === 'off' || where.at === 'source') return {state: 'pending'};
    return {state: 'unknown', why: `${move.domain} was shut off and should be still`, evidence: where.evidence};
  },

  async perform(move, context) {
    const hosts = hostsOf(move, context);
    const startedMs = performance.now();
    const [prepared] = await Promise.all([
      isPrepared(move, hosts.target, context).catch(() => false),
      refuseUnlessOff(move, hosts, context),
    ]);
    try {
      // An earlier try that failed has cleared away what was prepared for it.
      if (!prepared) await prepareTarget(move, hosts, context);
      const files = await filesOf(move, hosts.source, context);
      const copiedBytes = await whileMoving(
        ({signal, moved}) => copyAll(files, hosts, {move, context: {...context, signal}, moved}),
        {signal: context.signal, stallMs, stalled: () => standstill(move)},
      );
      await refuseUnlessOff(move, hosts, context); // somebody may have started it meanwhile: then the copy is worthless
      await define(move, hosts, context);
      const {domain, from, to} = move;
      return {
        domain,
        from,
        to,
        mode: 'offline',
        seconds: Math.round((performance.now() - startedMs) / 100) / 10,
        copiedBytes,
      };
    } catch (error) {
      const signal = AbortSignal.timeout(30_000);
      await clearTarget(move, hosts, {signal}).catch((failure: unknown) =>
        context.log(`Could not remove what was begun on ${move.to}; the next run replaces it: ${String(failure)}`),
      );
      throw copyError(move, error, context.signal);
    }
  },
});

async function refuseUnlessOff(move: DomainMove, hosts: MoveHosts, context: Context): Promise<void> {
  const where = await whereabouts(move, hosts, context);
  if (isLeftBehind(where.source) && !where.target) throw movedAway(move);
  if (where.at === 'off' && where.source && !where.target) return;
  throw new MigrationError(
    'SOURCE_STATE',
    `${move.domain} is not simply shut off on ${move.from} (${statesText(where)})`,
    {
      hint: 'Run the same command again, with --mode auto',
    },
  );
}

async function filesOf(move: DomainMove, source: Host, context: Context): Promise<FileCopy[]> {
  const files: FileCopy[] = copiedDisks(move).map(({sourcePath, targetPath, lengthBytes}) => ({
    sourcePath,
    targetPath,
    lengthBytes,
  }));
  const path = move.nvramPath;
  const nvram = path === undefined ? undefined : await source.findVolume(path, context);
  // It is made at the first start, so a domain that never ran has none.
  if (path !== undefined && nvram) files.push({sourcePath: path, targetPath: path, lengthBytes: nvram.lengthBytes});
  return files;
}

async function copyAll(
  files: readonly FileCopy[],
  hosts: MoveHosts,
  {move, context, moved}: {readonly move: DomainMove; readonly context: Context; readonly moved: () => void},
): Promise<number> {
  const {signal} = context;
  const {bandwidthMibPerSecond} = move;
  const pace = bandwidthMibPerSecond === undefined ? undefined : bandwidthMibPerSecond * 1024 ** 2;
  const bytesTotal = files.reduce((sum, file) => sum + file.lengthBytes, 0);
  const startedMs = performance.now();
  let bytesDone = 0;
  let copiedBytes = 0;
  for (const file of files) {
    if (!(await hosts.target.findVolume(file.targetPath, {signal}))) {
      await hosts.target.createVolume(
        {path: file.targetPath, format: 'raw', capacityBytes: file.lengthBytes},
        {signal},
      );
    }
    const sent = new ContentDigest();
    const watched = watch(paced(hosts.source.readVolume(file.sourcePath, {signal}), pace, {signal}), piece => {
      moved();
      sent.add(piece);
      const bytes = 'data' in piece ? piece.data.length : piece.holeBytes;
      bytesDone += bytes;
      if ('data' in piece) copiedBytes += bytes;
      const seconds = (performance.now() - startedMs) / 1000;
      context.progress({
        fraction: bytesTotal === 0 ? 1 : bytesDone / bytesTotal,
        bytesDone,
        bytesTotal,
        bytesPerSecond: bytesDone / seconds,
      });
    });
    await hosts.target.writeVolume(file.targetPath, watched, {signal});
    context.progress({text: 'comparing'});
    const arrived = new ContentDigest();
    for await (const piece of hosts.target.readVolume(file.targetPath, {signal})) {
      moved();
      arrived.add(piece);
    }
    if (sent.hex() !== arrived.hex()) {
      throw new MigrationError(
        'COPY_DIFFERS',
        `${file.targetPath} on ${hosts.target.name} does not read like ${file.sourcePath}`,
        {
          hint: `See that nothing else writes to either file and that the disks of ${hosts.target.name} are healthy, then run the same command again`,
        },
      );
    }
  }
  return copiedBytes;
}

async function* watch(
  pieces: AsyncIterable<VolumePiece>,
  see: (piece: VolumePiece) => void,
): AsyncGenerator<VolumePiece> {
  for await (const piece of pieces) {
    see(piece);
    yield piece;
  }
}

async function define(move: DomainMove, {source, target}: MoveHosts, context: Context): Promise<void> {
  const {signal} = context;
  const definition = await source.definition(move.uuid, {form: 'persistent', signal});
  await target.define(targetDefinition(definition, {disks: placesOnTarget(move), interfaces: move.interfaces}), {
    signal,
  });
}

function standstill({from, to}: DomainMove): HostError {
  return new HostError('STALLED', `Nothing has moved for ${stallMs / 1000} s`, {
    host: to,
    hint: `See that ${from} and ${to} are up and reached from here (dr status), and run the same command again`,
  });
}

function copyError({domain, from}: DomainMove, error: unknown, signal: AbortSignal): unknown {
  if (error instanceof MigrationError) return error;
  if (signal.aborted) {
    return new MigrationError('ABORTED', `${domain} was not moved and is shut off on ${from}: aborted`, {
      hint: 'Run the same command again to move it',
      cause: error,
    });
  }
  return new MigrationError(
    'MOVE_FAILED',
    `${domain} was not moved and is shut off on ${from}: ${error instanceof Error ? error.message : String(error)}`,
    {
      hint: error instanceof HostError ? error.hint : 'Run the same command again',
      cause: error,
    },
  );
}
