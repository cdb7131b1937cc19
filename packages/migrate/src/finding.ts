export type FindingCode =
  | 'AGENT_SILENT'
  | 'BACKING_CHAIN'
  | 'CHECKPOINTS'
  | 'CLAIMED'
  | 'CLAIM_BROKEN'
  | 'CLAIM_EXPIRED'
  | 'CLAIM_TAKEN_OVER'
  | 'CPU_INCOMPATIBLE'
  | 'CPU_UNKNOWN'
  | 'DISK_ENCRYPTED'
  | 'DISK_EXISTS'
  | 'DISK_FULL'
  | 'DISK_FULL_IF_FILLED'
  | 'DISK_UNSUPPORTED'
  | 'DOMAIN_EXISTS'
  | 'DOMAIN_STATE'
  | 'HOST_DEVICE'
  | 'HOST_FILE_MISSING'
  | 'HOST_UNREACHABLE'
  | 'IMAGE_UNREAD'
  | 'INCOMING_LEFTOVER'
  | 'JOB_RUNNING'
  | 'KEPT_DISK'
  | 'LANE_POOL_MISSING'
  | 'MAC_EXISTS'
  | 'MACHINE_UNKNOWN'
  | 'MANAGED_SAVE'
  | 'MEMORY_SHORT'
  | 'MOVED_ALREADY'
  | 'MOVED_AWAY'
  | 'MOVE_UNDERWAY'
  | 'NETWORK_INACTIVE'
  | 'NETWORK_MISSING'
  | 'NETWORK_UNVERIFIED'
  | 'POOL_INACTIVE'
  | 'POOL_MISSING'
  | 'RUNS_TWICE'
  | 'SAME_MACHINE'
  | 'SHARED_STORAGE'
  | 'SNAPSHOTS'
  | 'TPM_STATE'
  | 'VERSION_BREAKS'
  | 'WRONG_MODE';

/** Something the preflight has to say. Only `blocks` keeps a domain from moving. */
export interface Finding {
  readonly severity: 'blocks' | 'warns' | 'notes';
  readonly code: FindingCode;
  readonly host: string;
  /** Absent when it concerns the whole migration. */
  readonly domain?: string;
  readonly message: string;
  /** What to do about it, in one imperative sentence. */
  readonly remedy: string;
}

const severities = ['blocks', 'warns', 'notes'] as const;

/** The worst first. */
export function bySeverity(a: Finding, b: Finding): number {
  return severities.indexOf(a.severity) - severities.indexOf(b.severity);
}
