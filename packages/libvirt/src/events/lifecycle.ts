import {nameOf} from '../flags.ts';

/** What happened to a domain, each at libvirt's number. */
export const lifecycleEvents = [
  'defined',
  'undefined',
  'started',
  'suspended',
  'resumed',
  'stopped',
  'shutdown',
  'pmsuspended',
  'crashed',
] as const;
export type LifecycleEvent = (typeof lifecycleEvents)[number] | `unknown-${number}`;

/** How it happened, by event, each at libvirt's number. */
export const lifecycleDetails = {
  defined: ['added', 'updated', 'renamed', 'from-snapshot'],
  undefined: ['removed', 'renamed'],
  started: ['booted', 'migrated', 'restored', 'from-snapshot', 'wakeup'],
  suspended: [
    'paused',
    'migrated',
    'ioerror',
    'watchdog',
    'restored',
    'from-snapshot',
    'api-error',
    'postcopy',
    'postcopy-failed',
  ],
  resumed: ['unpaused', 'migrated', 'from-snapshot', 'postcopy', 'postcopy-failed'],
  stopped: ['shutdown', 'destroyed', 'crashed', 'migrated', 'saved', 'failed', 'from-snapshot'],
  shutdown: ['finished', 'guest', 'host'],
  pmsuspended: ['memory', 'disk'],
  crashed: ['panicked', 'crashloaded'],
} as const satisfies Record<(typeof lifecycleEvents)[number], readonly string[]>;

export type LifecycleDetail = (typeof lifecycleDetails)[keyof typeof lifecycleDetails][number] | `unknown-${number}`;

/** Names the second of libvirt's two numbers. */
export function lifecycleDetail(event: number, detail: number): LifecycleDetail {
  const name = lifecycleEvents[event];
  const known: readonly LifecycleDetail[] = name === undefined ? [] : lifecycleDetails[name];
  return known[detail] ?? nameOf([], detail);
}
