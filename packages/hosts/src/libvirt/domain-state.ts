import type {DomainState} from '../reading.ts';

/** libvirt's numbers for states, reasons and jobs, in words. */
const states: readonly DomainState[] = [
  'unknown',
  'running',
  'blocked',
  'paused',
  'shutdown',
  'shutoff',
  'crashed',
  'pmsuspended',
];

const reasons: Readonly<Partial<Record<DomainState, readonly string[]>>> = {
  running: [
    'unknown',
    'booted',
    'migrated',
    'restored',
    'from-snapshot',
    'unpaused',
    'migration-canceled',
    'save-canceled',
    'wakeup',
    'crashed',
    'postcopy',
    'postcopy-failed',
  ],
  paused: [
    'unknown',
    'user',
    'migration',
    'save',
    'dump',
    'ioerror',
    'watchdog',
    'from-snapshot',
    'shutting-down',
    'snapshot',
    'crashed',
    'starting-up',
    'postcopy',
    'postcopy-failed',
    'api-error',
  ],
  shutdown: ['unknown', 'user'],
  shutoff: ['unknown', 'shutdown', 'destroyed', 'crashed', 'migrated', 'saved', 'failed', 'from-snapshot', 'daemon'],
  crashed: ['unknown', 'panicked'],
};

const operations = [
  'job',
  'start',
  'save',
  'restore',
  'migration-in',
  'migration-out',
  'snapshot',
  'snapshot-revert',
  'dump',
  'backup',
  'snapshot-delete',
];

const blockJobs = ['job', 'pull', 'copy', 'commit', 'active-commit', 'backup'];

export function stateOf({state, reason}: {state: number; reason: number}): {state: DomainState; stateReason: string} {
  const name = states[state] ?? 'unknown';
  return {state: name, stateReason: reasons[name]?.[reason] ?? 'unknown'};
}

export function operationOf(number: number): string {
  return operations[number] ?? 'job';
}

export function blockJobOf(number: number): string {
  return blockJobs[number] ?? 'job';
}
