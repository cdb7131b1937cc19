import type {CallOptions, DaemonLink, FlagOptions} from '../daemon-link.ts';
import {flagBits, nameOf} from '../flags.ts';
import type {DomainRef} from '../wire/schema.ts';
import {paramValues, type TypedParam, type TypedValue} from '../wire/typed-param.ts';
import {jobStatsFlags, type JobStatsFlag} from './domain-flags.ts';

export const jobTypes = ['none', 'bounded', 'unbounded', 'completed', 'failed', 'cancelled'] as const;
export const jobOperations = [
  'unknown',
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
] as const;

export type JobType = (typeof jobTypes)[number] | `unknown-${number}`;
export type JobOperation = (typeof jobOperations)[number] | `unknown-${number}`;

/** How far one part of a job is, in bytes. All are 0 until it begins. */
export interface JobProgress {
  readonly total: number;
  readonly processed: number;
  readonly remaining: number;
}

/** A migration, save, dump or backup of a domain. */
export interface JobStats {
  /** `none` when there is no job; `completed`, `failed` and `cancelled` only of one that has ended. */
  readonly type: JobType;
  readonly operation: JobOperation;
  readonly elapsedMs: number;
  /** All that is to be moved. */
  readonly data: JobProgress;
  readonly memory: JobProgress & {readonly bytesPerSecond: number};
  readonly disk: JobProgress & {readonly bytesPerSecond: number};
  /** How long the guest stood still, or will according to an estimate. Absent until the hypervisor says. */
  readonly downtimeMs: number | undefined;
  /** Why the job failed, where the hypervisor says. */
  readonly errorMessage: string | undefined;
  /** Everything, by libvirt's names. */
  readonly values: Readonly<Record<string, TypedValue>>;
}

/** Reads a job's typed parameters. */
export function jobStats(type: number, params: readonly TypedParam[]): JobStats {
  const values = paramValues(params);
  const numberOf = (field: string): number => Number(values[field] ?? 0);
  const progress = (part: string): JobProgress => ({
    total: numberOf(`${part}_total`),
    processed: numberOf(`${part}_processed`),
    remaining: numberOf(`${part}_remaining`),
  });
  return {
    type: nameOf(jobTypes, type),
    operation: nameOf(jobOperations, numberOf('operation')),
    elapsedMs: numberOf('time_elapsed'),
    data: progress('data'),
    memory: {...progress('memory'), bytesPerSecond: numberOf('memory_bps')},
    disk: {...progress('disk'), bytesPerSecond: numberOf('disk_bps')},
    downtimeMs: values['downtime'] === undefined ? undefined : numberOf('downtime'),
    errorMessage: values['errmsg'] === undefined ? undefined : String(values['errmsg']),
    values,
  };
}

/** The one job that may run on a domain, and the knobs of a migration. */
export class DomainJob {
  readonly #link: DaemonLink;
  readonly #dom: DomainRef;

  constructor(link: DaemonLink, dom: DomainRef) {
    this.#link = link;
    this.#dom = dom;
  }

  /**
   * How far the job is. `completed` reads the last one that succeeded, once: libvirt then forgets it, unless
   * `keep-completed` is named. Of a migration that failed or was aborted it keeps nothing.
   */
  async stats({flags, signal}: FlagOptions<JobStatsFlag> = {}): Promise<JobStats> {
    const {type, params} = await this.#link.call(
      'DOMAIN_GET_JOB_STATS',
      {dom: this.#dom, flags: flagBits(jobStatsFlags, flags)},
      {signal},
    );
    return jobStats(type, params);
  }

  /** Aborts the job. That has taken effect when the call that started it fails, about two seconds later for a migration. */
  async abort(options: CallOptions = {}): Promise<void> {
    await this.#link.call('DOMAIN_ABORT_JOB', {dom: this.#dom}, options);
  }

  /** Limits a migration, in MiB a second. */
  async setMaxSpeed(mibPerSecond: number, options: CallOptions = {}): Promise<void> {
    await this.#link.call('DOMAIN_MIGRATE_SET_MAX_SPEED', {dom: this.#dom, bandwidth: mibPerSecond}, options);
  }

  /** The limit of a migration, in MiB a second. Without one, libvirt says 8796093022207. */
  async maxSpeed(options: CallOptions = {}): Promise<number> {
    const {bandwidth} = await this.#link.call('DOMAIN_MIGRATE_GET_MAX_SPEED', {dom: this.#dom}, options);
    return Number(bandwidth);
  }

  /** How long the guest may stand still at the switch-over of a migration. */
  async setMaxDowntime(ms: number, options: CallOptions = {}): Promise<void> {
    await this.#link.call('DOMAIN_MIGRATE_SET_MAX_DOWNTIME', {dom: this.#dom, downtime: ms}, options);
  }

  async maxDowntimeMs(options: CallOptions = {}): Promise<number> {
    const {downtime} = await this.#link.call('DOMAIN_MIGRATE_GET_MAX_DOWNTIME', {dom: this.#dom}, options);
    return Number(downtime);
  }

  /** Switches a migration that was started with `postcopy` over at once; the rest of memory follows on demand. */
  async startPostCopy(options: CallOptions = {}): Promise<void> {
    await this.#link.call('DOMAIN_MIGRATE_START_POST_COPY', {dom: this.#dom}, options);
  }
}
