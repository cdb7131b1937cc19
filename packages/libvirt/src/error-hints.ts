import type {LibvirtErrorCode} from './error-codes.ts';

/** What an operator does next, by error. Errors that are absent here explain themselves. */
const hints: Partial<Record<LibvirtErrorCode, string>> = {
  NO_SUPPORT: 'Use another driver or a newer libvirt: this one does not implement the call.',
  INVALID_ARG: 'Check the arguments; an older libvirt refuses flags and parameters it does not know.',
  OPERATION_DENIED: 'Open the connection for writing, as a user who may manage domains.',
  NO_DOMAIN: 'List the domains of this host; the name may differ or the domain may have moved.',
  NO_NETWORK: 'Define the network on this host, or map it to one that exists.',
  NO_STORAGE_POOL: 'Define the pool on this host, or map it to one that exists.',
  NO_STORAGE_VOL: 'Refresh the pool, then list its volumes.',
  AUTH_FAILED: 'Check user and password, and that the daemon knows the user.',
  OPERATION_INVALID: 'Look at the state of the domain first; it does not allow this now.',
  CONFIG_UNSUPPORTED: 'Change the XML or the flags: this host cannot do what they ask.',
  OPERATION_TIMEOUT: 'Try again when the job that holds the domain has ended.',
  MIGRATE_UNSAFE: 'Share the storage, or copy it with the migration.',
  OPERATION_ABORTED: 'Find out who aborted the job, then start it again.',
  BLOCK_COPY_ACTIVE: 'Finish or abort the block job of this disk first.',
  AGENT_UNRESPONSIVE: 'Install and start the guest agent in the guest, or do without it.',
  RESOURCE_BUSY: 'Wait until the other user of this resource has finished.',
  ACCESS_DENIED: 'Ask for access: the daemon knows the user but its policy says no.',
  STORAGE_VOL_EXIST: 'Pick another name, or delete the volume that has it.',
  CPU_INCOMPATIBLE: 'Choose a CPU model that both hosts offer.',
  NO_DOMAIN_CHECKPOINT: 'List the checkpoints of the domain; take a full backup if the wanted one is gone.',
  CHECKPOINT_INCONSISTENT: 'Delete the broken checkpoints and take a full backup.',
  SYSTEM_ERROR: 'Read the message for path or address, then the journal of the daemon on that host.',
};

export const hintFor = (code: LibvirtErrorCode): string =>
  hints[code] ?? 'Read the journal of the libvirt daemon on that host.';
