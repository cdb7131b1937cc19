import {defineStep, type Found, type StepContext} from '@dr-toolkit/engine';
import {
  type CallOptions,
  domainDefinition,
  type Host,
  HostError,
  markWhole,
  readDiskNote,
  targetDefinition,
} from '@dr-toolkit/hosts';

import {clearTarget} from './clear-target.ts';
import {copyFiles, filesOf, refuseWritten} from './copy-files.ts';
import {type DomainMove, leftFiles, placesOnTarget} from './domain-move.ts';
import {MigrationError} from './migration-error.ts';
import {migrationLanes} from './migration-lanes.ts';
import {perhapsNewer} from './perhaps-newer.ts';
import {isPrepared, prepareTarget} from './prepare-target.ts';
import {whileMoving} from './while-moving.ts';
import {
  hostsOf,
  hasLeft,
  type MigrationContext,
  type MoveHosts,
  statesText,
  whereabouts,
  type Whereabouts,
} from './whereabouts.ts';

type Context = MigrationContext & StepContext;

/** Longer than a live move's: a slow disk may take its time for what it was sent. */
const stallMs = 60_000;

/**
 * Copies a domain that is shut off: its disks and NVRAM through this machine, holes left out, each read back and
 * compared; its definition last, so that a target which knows the domain has all of it.
 */
export const copyOffline = defineStep<DomainMove, MigrationContext>('copy-offline', {
  lanes: migrationLanes,

  async inspect(move, context) {
    const hosts = hostsOf(move, context);
    const where = await whereabouts(move, hosts, context);
    if (where.at === 'off' && where.target) return foundThere(move, where, await isWhole(move, hosts.target, context));
    if (where.at === 'off' || where.at === 'source') return {state: 'pending'};
    return {state: 'unknown', why: `${move.domain} was shut off and should be still`, evidence: where.evidence};
  },

  async perform(move, context) {
    const hosts = hostsOf(move, context);
    const startedMs = performance.now();
    const [prepared] = await Promise.all([
      isPrepared(move, hosts, context).catch(() => false),
      refuseUnlessOff(move, hosts, context),
    ]);
    try {
      // An earlier try that failed has cleared away what was prepared for it.
      if (!prepared) await prepareTarget(move, hosts, context);
      await plannedDefinition(move, hosts.source, context);
      const files = await filesOf(move, hosts.source, context);
      const copiedBytes = await whileMoving(
        ({signal, moved}) => copyFiles(files, hosts, {move, context: {...context, signal}, moved}),
        {signal: context.signal, stallMs, stalled: () => standstill(move)},
      );
      // Somebody may have started it meanwhile, and even shut it off again: then the copy is worthless.
      await refuseUnlessOff(move, hosts, context);
      await refuseWritten(files, hosts.source, context);
      await Promise.all(leftFiles(move).map(file => markWhole(hosts.target, file.targetPath, move, context)));
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

/** A target that knows the domain has it from dr only with copies that dr has seen to be whole. */
function foundThere({domain, from, to}: DomainMove, {source, evidence}: Whereabouts, whole: boolean): Found {
  if (!source || whole) return {state: 'done'};
  const why = `${to} has a definition of ${domain}, and nothing tells that its disks were copied there from ${from}`;
  return {state: 'unknown', why, evidence};
}

async function isWhole(move: DomainMove, target: Host, options: CallOptions): Promise<boolean> {
  const notes = await Promise.all(
    leftFiles(move).map(({targetPath}) => readDiskNote(target, targetPath, 'incoming', options)),
  );
  return notes.every(note => note?.uuid === move.uuid && note.copy === 'whole');
}

async function refuseUnlessOff(move: DomainMove, hosts: MoveHosts, context: Context): Promise<void> {
  const where = await whereabouts(move, hosts, context);
  if (where.source && hasLeft(where.source) && !where.target) throw perhapsNewer(move);
  if (where.at === 'off' && where.source && !where.target) return;
  throw new MigrationError(
    'SOURCE_STATE',
    `${move.domain} is not simply shut off on ${move.from} (${statesText(where)})`,
    {
      hint: 'Run the same command again, with --mode auto',
    },
  );
}

async function define(move: DomainMove, {source, target}: MoveHosts, context: Context): Promise<void> {
  const {signal} = context;
  const definition = await plannedDefinition(move, source, context);
  await target.define(targetDefinition(definition, {disks: placesOnTarget(move), interfaces: move.interfaces}), {
    signal,
  });
}

/** The domain's definition, which must still name the disks that are copied, and no others. */
async function plannedDefinition(move: DomainMove, source: Host, {signal}: CallOptions): Promise<string> {
  const definition = await source.definition(move.uuid, {form: 'persistent', signal});
  const planned = new Map(move.disks.map(disk => [disk.target, disk]));
  const changed = domainDefinition(definition).disks.find(({target, device, type, path, volume}) => {
    if (device !== 'disk' || type === 'network') return false;
    const {sourcePath} = planned.get(target) ?? {};
    return path === undefined ? sourcePath?.endsWith(`/${volume}`) !== true : path !== sourcePath;
  });
  if (!changed) return definition;
  const {target, path = changed.volume} = changed;
  throw new MigrationError(
    'SOURCE_STATE',
    `${target} of ${move.domain} is ${path} on ${move.from} now, which was not so when its move was planned`,
    {hint: 'Run the same command again: it is planned anew'},
  );
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
