import {createFlags} from './domain/domain-flags.ts';
import type {ArgsOf, CallName} from './procedures/procedures.ts';

/**
 * Calls that wait for the guest. Four of them share a connection: each may last some seconds where the guest's agent does
 * not answer, but a connection of its own would cost more than the answer of one that does.
 */
const guestCalls: ReadonlySet<CallName> = new Set<CallName>([
  'DOMAIN_AGENT_COMMAND',
  'DOMAIN_FSFREEZE',
  'DOMAIN_FSTHAW',
  'DOMAIN_FSTRIM',
  'DOMAIN_GET_FSINFO',
  'DOMAIN_GET_GUEST_INFO',
  'DOMAIN_GET_HOSTNAME',
  'DOMAIN_GET_TIME',
  'DOMAIN_SET_TIME',
  'DOMAIN_SET_USER_PASSWORD',
  'DOMAIN_AUTHORIZED_SSH_KEYS_SET',
]);
/** Addresses may be asked of the guest, too, rather than of the host. */
const addressesFromAgent = 1;

export function waitsForGuest<Name extends CallName>(name: Name, args: ArgsOf<Name>): boolean {
  return (
    guestCalls.has(name) ||
    (name === 'DOMAIN_INTERFACE_ADDRESSES' && 'source' in args && args.source === addressesFromAgent)
  );
}

/** Whether what a call starts is to end with the connection that it was made on. */
export function bindsToConnection<Name extends CallName>(name: Name, args: ArgsOf<Name>): boolean {
  const {flags = 0} = args as {readonly flags?: number};
  const starts = name === 'DOMAIN_CREATE_XML' || name === 'DOMAIN_CREATE_WITH_FLAGS';
  return starts && (flags & createFlags.autodestroy) !== 0;
}

/**
 * Calls that may last longer than a moment: they wait for a disk or another host. Each gets a connection of its own, so
 * that four of them do not keep a fifth call (a look at their progress, an abort) waiting.
 */
export const longCalls: ReadonlySet<CallName> = new Set<CallName>([
  'DOMAIN_MIGRATE_PERFORM3_PARAMS',
  'DOMAIN_SAVE_FLAGS',
  'DOMAIN_SAVE_PARAMS',
  'DOMAIN_RESTORE_PARAMS',
  'DOMAIN_MANAGED_SAVE',
  'DOMAIN_CORE_DUMP_WITH_FORMAT',
  'DOMAIN_SNAPSHOT_CREATE_XML',
  'DOMAIN_SNAPSHOT_DELETE',
  'DOMAIN_REVERT_TO_SNAPSHOT',
  'DOMAIN_CHECKPOINT_DELETE',
  'DOMAIN_BLOCK_JOB_ABORT',
  'STORAGE_POOL_BUILD',
  'STORAGE_POOL_DELETE',
  'STORAGE_POOL_REFRESH',
  'STORAGE_VOL_CREATE_XML',
  'STORAGE_VOL_CREATE_XML_FROM',
  'STORAGE_VOL_WIPE',
  'STORAGE_VOL_RESIZE',
  'STORAGE_VOL_DELETE',
]);
