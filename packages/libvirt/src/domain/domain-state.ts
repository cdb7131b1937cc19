import {nameOf, type NameOf} from '../flags.ts';

/** What a domain is doing, each at libvirt's number. */
export const domainStates = [
  'none',
  'running',
  'blocked',
  'paused',
  'shutdown',
  'shutoff',
  'crashed',
  'pmsuspended',
] as const;

/** Why it does so, by state, each at libvirt's number. */
export const stateReasons = {
  none: ['unknown'],
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
  blocked: ['unknown'],
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
  pmsuspended: ['unknown'],
} as const;

export type DomainStateName = NameOf<typeof domainStates>;
export type DomainStateReason = (typeof stateReasons)[keyof typeof stateReasons][number] | `unknown-${number}`;

/** A state and its reason, by name: `{state: 'paused', reason: 'ioerror'}`. */
export interface DomainState {
  readonly state: DomainStateName;
  readonly reason: DomainStateReason;
}

/** Names libvirt's two numbers. */
export function domainState(state: number, reason: number): DomainState {
  const name = nameOf(domainStates, state);
  const known: readonly DomainStateReason[] = Object.hasOwn(stateReasons, name)
    ? stateReasons[name as keyof typeof stateReasons]
    : [];
  return {state: name, reason: known[reason] ?? `unknown-${reason}`};
}
