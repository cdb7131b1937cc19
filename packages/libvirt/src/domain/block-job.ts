/** What a block job does, each at libvirt's number. */
export const blockJobTypes = ['unknown', 'pull', 'copy', 'commit', 'active-commit', 'backup'] as const;
export type BlockJobType = (typeof blockJobTypes)[number] | `unknown-${number}`;

/** How a block job ended, or that it can be ended now, each at libvirt's number. */
export const blockJobStatuses = ['completed', 'failed', 'canceled', 'ready'] as const;
export type BlockJobStatus = (typeof blockJobStatuses)[number] | `unknown-${number}`;

/** A copy, commit, pull or backup of one disk. `ready`: `current` has reached `end`, and the job may be pivoted. */
export interface BlockJob {
  readonly type: BlockJobType;
  /** 0 is unlimited. */
  readonly bytesPerSecondMax: number;
  /** Progress, from 0 to `end`; the unit is the hypervisor's. Both are 0 while the job is being set up. */
  readonly current: number;
  readonly end: number;
}
