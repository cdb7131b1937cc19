import type {FlagOf} from '../flags.ts';

/** Which domains to list. Names of one kind are alternatives; different kinds must all hold. */
export const listDomainsFlags = {
  active: 1,
  inactive: 2,
  persistent: 4,
  transient: 8,
  running: 16,
  paused: 32,
  shutoff: 64,
  other: 128,
  managedsave: 256,
  'no-managedsave': 512,
  autostart: 1024,
  'no-autostart': 2048,
  'has-snapshot': 4096,
  'no-snapshot': 8192,
  'has-checkpoint': 16_384,
  'no-checkpoint': 32_768,
} as const;
export type ListDomainsFlag = FlagOf<typeof listDomainsFlags>;

/** Groups of figures that `domains.stats` can read. */
export const statsGroups = {
  state: 1,
  'cpu-total': 2,
  balloon: 4,
  vcpu: 8,
  interface: 16,
  block: 32,
  perf: 64,
  iothread: 128,
  memory: 256,
  dirtyrate: 512,
  vm: 1024,
} as const;
export type StatsGroup = FlagOf<typeof statsGroups>;

/** `nowait`: leave out what a domain that is busy with a job would make us wait for. */
export const statsFlags = {...listDomainsFlags, nowait: 1 << 29, backing: 1 << 30, 'enforce-stats': 2 ** 31} as const;
export type StatsFlag = FlagOf<typeof statsFlags>;

export const domainXmlFlags = {secure: 1, inactive: 2, 'update-cpu': 4, migratable: 8} as const;
export type DomainXmlFlag = FlagOf<typeof domainXmlFlags>;

export const defineFlags = {validate: 1} as const;
export type DefineFlag = FlagOf<typeof defineFlags>;

/** What a change is for: the running domain, its definition, or both. None means: whatever the domain is now. */
export const affectFlags = {live: 1, config: 2} as const;
export type AffectFlag = FlagOf<typeof affectFlags>;

export const deviceFlags = {...affectFlags, force: 4} as const;
export type DeviceFlag = FlagOf<typeof deviceFlags>;

/** With `autodestroy` the domain ends with the `Connection` it was started by, or when that is lost. */
export const createFlags = {
  paused: 1,
  autodestroy: 2,
  'bypass-cache': 4,
  'force-boot': 8,
  validate: 16,
  'reset-nvram': 32,
} as const;
export type CreateFlag = FlagOf<typeof createFlags>;

export const destroyFlags = {graceful: 1} as const;
export type DestroyFlag = FlagOf<typeof destroyFlags>;

/** The ways to ask a guest to go down; the daemon chooses when none is named. */
export const shutdownFlags = {'acpi-power-btn': 1, 'guest-agent': 2, initctl: 4, signal: 8, paravirt: 16} as const;
export type ShutdownFlag = FlagOf<typeof shutdownFlags>;

export const undefineFlags = {
  'managed-save': 1,
  'snapshots-metadata': 2,
  nvram: 4,
  'keep-nvram': 8,
  'checkpoints-metadata': 16,
  tpm: 32,
  'keep-tpm': 64,
} as const;
export type UndefineFlag = FlagOf<typeof undefineFlags>;

export const saveFlags = {'bypass-cache': 1, running: 2, paused: 4, 'reset-nvram': 8} as const;
export type SaveFlag = FlagOf<typeof saveFlags>;

export const memoryFlags = {...affectFlags, maximum: 4} as const;
export type MemoryFlag = FlagOf<typeof memoryFlags>;

export const vcpuFlags = {...affectFlags, maximum: 4, guest: 8, hotpluggable: 16} as const;
export type VcpuFlag = FlagOf<typeof vcpuFlags>;

export const consoleFlags = {force: 1, safe: 2} as const;
export type ConsoleFlag = FlagOf<typeof consoleFlags>;

export const snapshotCreateFlags = {
  redefine: 1,
  current: 2,
  'no-metadata': 4,
  halt: 8,
  'disk-only': 16,
  'reuse-ext': 32,
  quiesce: 64,
  atomic: 128,
  live: 256,
  validate: 512,
} as const;
export type SnapshotCreateFlag = FlagOf<typeof snapshotCreateFlags>;

export const snapshotDeleteFlags = {children: 1, 'metadata-only': 2, 'children-only': 4} as const;
export type SnapshotDeleteFlag = FlagOf<typeof snapshotDeleteFlags>;

export const snapshotRevertFlags = {running: 1, paused: 2, force: 4, 'reset-nvram': 8} as const;
export type SnapshotRevertFlag = FlagOf<typeof snapshotRevertFlags>;

export const checkpointCreateFlags = {redefine: 1, quiesce: 2, 'redefine-validate': 4} as const;
export type CheckpointCreateFlag = FlagOf<typeof checkpointCreateFlags>;

export const checkpointXmlFlags = {secure: 1, 'no-domain': 2, size: 4} as const;
export type CheckpointXmlFlag = FlagOf<typeof checkpointXmlFlags>;

export const backupFlags = {'reuse-external': 1} as const;
export type BackupFlag = FlagOf<typeof backupFlags>;

export const jobStatsFlags = {completed: 1, 'keep-completed': 2} as const;
export type JobStatsFlag = FlagOf<typeof jobStatsFlags>;

export const blockCopyFlags = {shallow: 1, 'reuse-ext': 2, 'transient-job': 4, 'synchronous-writes': 8} as const;
export type BlockCopyFlag = FlagOf<typeof blockCopyFlags>;

export const blockCommitFlags = {shallow: 1, delete: 2, active: 4, relative: 8} as const;
export type BlockCommitFlag = FlagOf<typeof blockCommitFlags>;

export const blockRebaseFlags = {
  shallow: 1,
  'reuse-ext': 2,
  'copy-raw': 4,
  copy: 8,
  relative: 16,
  'copy-dev': 32,
} as const;
export type BlockRebaseFlag = FlagOf<typeof blockRebaseFlags>;

export const blockJobAbortFlags = {async: 1, pivot: 2} as const;
export type BlockJobAbortFlag = FlagOf<typeof blockJobAbortFlags>;

export const migrateFlags = {
  live: 0x1,
  peer2peer: 0x2,
  tunnelled: 0x4,
  'persist-dest': 0x8,
  'undefine-source': 0x10,
  paused: 0x20,
  'non-shared-disk': 0x40,
  'non-shared-inc': 0x80,
  'change-protection': 0x100,
  unsafe: 0x200,
  offline: 0x400,
  compressed: 0x800,
  'abort-on-error': 0x1000,
  'auto-converge': 0x2000,
  'rdma-pin-all': 0x4000,
  postcopy: 0x8000,
  tls: 0x1_0000,
  parallel: 0x2_0000,
  'non-shared-synchronous-writes': 0x4_0000,
  'postcopy-resume': 0x8_0000,
  zerocopy: 0x10_0000,
} as const;
export type MigrateFlag = FlagOf<typeof migrateFlags>;
