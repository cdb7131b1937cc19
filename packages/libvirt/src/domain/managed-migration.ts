import {setTimeout as sleep} from 'node:timers/promises';
import type {CallOptions, DaemonLink} from '../daemon-link.ts';
import {flagBits} from '../flags.ts';
import {LibvirtError} from '../libvirt-error.ts';
import type {RpcClient} from '../rpc-client.ts';
import type {DomainRef} from '../wire/schema.ts';
import type {TypedParam} from '../wire/typed-param.ts';
import {migrateFlags} from './domain-flags.ts';
import {domainState} from './domain-state.ts';
import {migrateParams, type MigrateOptions} from './migrate-options.ts';
import {MigrationError} from './migration-error.ts';
import {performMigration} from './perform-migration.ts';

const nothing = new Uint8Array();
/** How long to wait before a target that went away is asked again, in milliseconds. */
const askAgainMs = 500;
/** Daemons that were asked for this look whether we are still there. */
const keepaliveFeature = 10;
/** These concern the source alone, and a target refuses them. */
const sourceFlags = migrateFlags['abort-on-error'] | migrateFlags['auto-converge'];

/** What a migration asks of the way to a daemon. */
export interface MigrationEnd extends Pick<DaemonLink, 'call' | 'host' | 'order'> {
  aside<Result>(work: (client: Caller) => Promise<Result>, options?: CallOptions): Promise<Result>;
}

/** One connection of an end. */
type Caller = Pick<RpcClient, 'call'>;

/** Both ends of a migration: the ways to the daemons, and the two connections that own it. */
interface Ends {
  readonly sourceLink: MigrationEnd;
  readonly targetLink: MigrationEnd;
  readonly source: Caller;
  readonly target: Caller;
  readonly dom: DomainRef;
  readonly flags: number;
  readonly outcomeMsMax: number;
}

/**
 * Moves a domain by talking to both daemons, which need not reach each other; only the hypervisors must. When this
 * process dies on the way, both daemons roll back.
 */
export async function migrateManaged(
  sourceLink: MigrationEnd,
  dom: DomainRef,
  targetLink: MigrationEnd,
  {signal, outcomeMsMax = 30_000, ...options}: MigrateOptions,
): Promise<DomainRef> {
  const flags = (flagBits(migrateFlags, options.flags) & ~migrateFlags.peer2peer) >>> 0;
  const params = migrateParams(options);
  // Two migrations in opposite directions must not wait for each other's places.
  const [first, second] = sourceLink.order < targetLink.order ? [sourceLink, targetLink] : [targetLink, sourceLink];
  return first.aside(
    one =>
      second.aside(
        other => {
          const [source, target] = first === sourceLink ? [one, other] : [other, one];
          return migrate({sourceLink, targetLink, source, target, dom, flags, outcomeMsMax}, params, {signal});
        },
        {signal},
      ),
    {signal},
  );
}

async function migrate(ends: Ends, params: readonly TypedParam[], {signal}: CallOptions): Promise<DomainRef> {
  const {source, target, dom} = ends;
  // A connection that falls silent ends the migration like one that is closed: the guest would stand still for us else.
  await Promise.all([source, target].map(end => end.call('CONNECT_SUPPORTS_FEATURE', {feature: keepaliveFeature})));
  // From here on the daemons hold state for us: no step but the long one ends early, and each failure is tidied up.
  const begun = await source.call('DOMAIN_MIGRATE_BEGIN3_PARAMS', {dom, params, flags: sourceSide(ends)});
  const prepared = await prepare(ends, withParam(params, 'destination_xml', begun.xml), begun.cookieOut, signal);
  const performed = await perform(ends, prepared, signal);
  const finished = await finish(ends, prepared.params, performed);
  try {
    await confirm(ends, finished.cookieOut, 'done');
  } catch (error) {
    throw unconfirmed(ends, error);
  }
  return finished.dom;
}

interface Prepared {
  readonly params: readonly TypedParam[];
  readonly cookieOut: Uint8Array;
}

async function prepare(
  ends: Ends,
  params: readonly TypedParam[],
  cookieIn: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<Prepared> {
  try {
    signal?.throwIfAborted();
    const {cookieOut, uriOut} = await ends.target.call('DOMAIN_MIGRATE_PREPARE3_PARAMS', {
      params,
      cookieIn,
      flags: targetSide(ends),
    });
    return {cookieOut, params: uriOut === null ? params : withParam(params, 'migrate_uri', uriOut)};
  } catch (error) {
    await confirm(ends, nothing, 'cancelled').catch(() => {});
    throw error;
  }
}

/** Moves memory and disks. Where that fails, the source goes on by itself, and the target throws away what it has. */
async function perform(
  ends: Ends,
  {params, cookieOut}: Prepared,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const {sourceLink, source, dom} = ends;
  if (signal?.aborted === true) {
    await discardOnTarget(ends, params);
    await confirm(ends, nothing, 'cancelled').catch(() => {});
    throw signal.reason;
  }
  if ((ends.flags & migrateFlags.offline) !== 0) {
    return cookieOut;
  }
  try {
    const flags = sourceSide(ends);
    return await performMigration(sourceLink, source, {dom, params, cookieIn: cookieOut, flags}, {signal});
  } catch (error) {
    await discardOnTarget(ends, params);
    throw error;
  }
}

async function discardOnTarget({target, dom, ...ends}: Ends, params: readonly TypedParam[]): Promise<void> {
  const args = {params: named(params, dom), cookieIn: nothing, flags: targetSide(ends), cancelled: 1};
  await target.call('DOMAIN_MIGRATE_FINISH3_PARAMS', args).catch(() => {});
}

interface Finished {
  readonly dom: DomainRef;
  readonly cookieOut: Uint8Array;
}

/**
 * Starts the domain's CPUs on the target. The source waits for word of that, paused: it goes on only once it is certain
 * that the target does not.
 */
async function finish(ends: Ends, params: readonly TypedParam[], cookieIn: Uint8Array): Promise<Finished> {
  const {target, dom} = ends;
  try {
    return await target.call('DOMAIN_MIGRATE_FINISH3_PARAMS', {
      params: named(params, dom),
      cookieIn,
      flags: targetSide(ends),
      cancelled: 0,
    });
  } catch (error) {
    const running = error instanceof LibvirtError ? undefined : await runningOnTarget(ends, params, error);
    if (running !== undefined) {
      return {dom: running, cookieOut: nothing};
    }
    await confirm(ends, nothing, 'cancelled').catch(() => {});
    throw new MigrationError(
      'MIGRATION_TARGET_FAILED',
      `${ends.targetLink.host} could not start ${dom.name}, which goes on on ${ends.sourceLink.host}: ${messageOf(error)}`,
      {hint: `Read the journal of the libvirt daemon on ${ends.targetLink.host}, then try again.`, cause: error},
    );
  }
}

/**
 * The target's daemon went away without a word. Asks it until the answer is plain.
 * @throws {MigrationError} `MIGRATION_OUTCOME_UNKNOWN` when it never is. The source's domain stays paused then.
 */
async function runningOnTarget(
  ends: Ends,
  params: readonly TypedParam[],
  cause: unknown,
): Promise<DomainRef | undefined> {
  const tooLate = AbortSignal.timeout(ends.outcomeMsMax);
  do {
    const found = await lookOnTarget(ends, nameOnTarget(params, ends.dom), tooLate);
    if (found !== 'unclear') {
      return found;
    }
    await sleep(askAgainMs, undefined, {signal: tooLate}).catch(() => {});
  } while (!tooLate.aborted);
  throw outcomeUnknown(ends, cause);
}

/** `unclear` while nobody answers, and while the target has the domain without running it. */
async function lookOnTarget(
  {targetLink, dom}: Ends,
  name: string,
  signal: AbortSignal,
): Promise<DomainRef | 'unclear' | undefined> {
  try {
    const {dom: found} = await targetLink.call('DOMAIN_LOOKUP_BY_NAME', {name}, {signal});
    const numbers = await targetLink.call('DOMAIN_GET_STATE', {dom: found}, {signal});
    const {state} = domainState(numbers.state, numbers.reason);
    if (found.uuid !== dom.uuid || state === 'shutoff') {
      return undefined;
    }
    return state === 'running' ? found : 'unclear';
  } catch (error) {
    return error instanceof LibvirtError && error.code === 'NO_DOMAIN' ? undefined : 'unclear';
  }
}

async function confirm({source, dom, ...ends}: Ends, cookieIn: Uint8Array, end: 'done' | 'cancelled'): Promise<void> {
  const cancelled = end === 'done' ? 0 : 1;
  const flags = sourceSide(ends);
  await source.call('DOMAIN_MIGRATE_CONFIRM3_PARAMS', {dom, params: [], cookieIn, flags, cancelled});
}

function outcomeUnknown({sourceLink, targetLink, dom}: Ends, cause: unknown): MigrationError {
  const {host} = targetLink;
  return new MigrationError(
    'MIGRATION_OUTCOME_UNKNOWN',
    `${host} went away while it took over ${dom.name}: nobody knows whether the domain runs there`,
    {
      hint: `Find out whether ${dom.name} runs on ${host}; only if it does not, resume it on ${sourceLink.host}.`,
      cause,
    },
  );
}

function unconfirmed({sourceLink, targetLink, dom}: Ends, cause: unknown): MigrationError {
  const {host} = sourceLink;
  return new MigrationError(
    'MIGRATION_SOURCE_NOT_TOLD',
    `${dom.name} runs on ${targetLink.host}, but ${host} could not be told: ${messageOf(cause)}`,
    {hint: `Make sure that ${dom.name} runs on ${targetLink.host}, then destroy what is left of it on ${host}.`, cause},
  );
}

const sourceSide = ({flags}: Pick<Ends, 'flags'>): number => (flags | migrateFlags['change-protection']) >>> 0;
const targetSide = ({flags}: Pick<Ends, 'flags'>): number => (flags & ~sourceFlags) >>> 0;

function withParam(params: readonly TypedParam[], field: string, value: string): TypedParam[] {
  return [...params.filter(param => param.field !== field), {field, type: 'string', value}];
}

/** `FINISH` finds the domain by the name it has on the target. */
const named = (params: readonly TypedParam[], dom: DomainRef): TypedParam[] =>
  withParam(params, 'destination_name', nameOnTarget(params, dom));

const nameOnTarget = (params: readonly TypedParam[], {name}: DomainRef): string =>
  String(params.find(({field}) => field === 'destination_name')?.value ?? name);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
