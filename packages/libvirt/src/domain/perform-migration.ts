import {setTimeout as sleep} from 'node:timers/promises';
import type {CallOptions, DaemonLink} from '../daemon-link.ts';
import {flagBits} from '../flags.ts';
import type {RpcClient} from '../rpc-client.ts';
import type {DomainRef} from '../wire/schema.ts';
import type {TypedParam} from '../wire/typed-param.ts';
import {migrateFlags} from './domain-flags.ts';
import {migrateParams, type MigrateOptions} from './migrate-options.ts';

/** How long to wait, in milliseconds, before an abort that found no job yet is tried again. */
const abortAgainMs = 250;

/** What the long middle part of a migration is about. */
export interface Perform {
  readonly dom: DomainRef;
  readonly params: readonly TypedParam[];
  readonly flags: number;
  readonly dconnuri?: string;
  readonly cookieIn?: Uint8Array;
}

/** Has the source's daemon move a domain to the daemon behind `uri`, as the source's daemon can reach it. */
export async function migratePeerToPeer(
  link: DaemonLink,
  dom: DomainRef,
  uri: string,
  {signal, ...options}: MigrateOptions,
): Promise<void> {
  const perform = {
    dom,
    dconnuri: uri,
    params: migrateParams(options),
    flags: (flagBits(migrateFlags, options.flags) | migrateFlags.peer2peer) >>> 0,
  };
  // `signal` aborts the job, not the call: the call tells when that has taken effect.
  await link.aside(client => performMigration(link, client, perform, {signal}), {signal});
}

/**
 * Makes the one call that lasts as long as the migration. When `signal` aborts, so is the job, and the promise rejects
 * with the signal's reason once that has taken effect. A migration that got through all the same resolves.
 */
export async function performMigration(
  link: Pick<DaemonLink, 'call'>,
  client: Pick<RpcClient, 'call'>,
  {dom, dconnuri, params, cookieIn = new Uint8Array(), flags}: Perform,
  {signal}: CallOptions,
): Promise<Uint8Array> {
  signal?.throwIfAborted();
  const done = new AbortController();
  const onAbort = (): void => void abortUntil(link, dom, done.signal);
  signal?.addEventListener('abort', onAbort, {once: true});
  try {
    const {cookieOut} = await client.call('DOMAIN_MIGRATE_PERFORM3_PARAMS', {dom, dconnuri, params, cookieIn, flags});
    return cookieOut;
  } catch (error) {
    throw signal?.aborted === true ? (signal.reason ?? error) : error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    done.abort();
  }
}

/** A job that is being set up cannot be aborted yet. Its end, and nothing else, says that an abort was heard. */
async function abortUntil(link: Pick<DaemonLink, 'call'>, dom: DomainRef, done: AbortSignal): Promise<void> {
  while (!done.aborted) {
    try {
      await link.call('DOMAIN_ABORT_JOB', {dom}, {signal: done});
    } catch {
      // Refused, or the connection was lost: the call that performs the migration will tell.
    }
    await sleep(abortAgainMs, undefined, {signal: done}).catch(() => {});
  }
}
