import type {Claim} from './claim.ts';
import type {DiskWaits} from './guest-waits.ts';
import type {DomainStanding, HostReading, VolumeReading} from './reading.ts';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface CopySpeedOptions extends CallOptions {
  /** The bound that the move was begun with, where another process began it. */
  readonly ownMibPerSecond?: number | undefined;
}

export interface StreamOptions extends CallOptions {
  /** `light`: a few kilobytes, which need no connection of their own. Default `heavy`. */
  readonly weight?: 'light' | 'heavy';
}

export interface ReadOptions extends StreamOptions {
  /** How much of it, from its beginning. Default all. */
  readonly lengthBytes?: number;
}

/**
 * What dr asks of a machine that runs VMs. Paths are absolute paths on that machine, sizes are bytes, domains are named
 * by UUID. Every method rejects with a `HostError`, or with the signal's reason.
 */
export interface Host extends AsyncDisposable {
  /** The name in dr.yaml. */
  readonly name: string;
  readonly uri: string;

  /** All of it, as it is at this moment. */
  read(options?: CallOptions): Promise<HostReading>;
  /** How one domain stands now; undefined when this host does not know it. */
  readDomain(uuid: string, options?: CallOptions): Promise<DomainStanding | undefined>;
  /**
   * The definition with its secrets. `migratable`: of the running domain, as another host would take it over;
   * `persistent`: as it would be started next.
   */
  definition(uuid: string, options: CallOptions & {readonly form: 'migratable' | 'persistent'}): Promise<string>;
  /** Whether a domain with this definition finds the CPU it needs here. */
  compareCpu(definition: string, options?: CallOptions): Promise<CpuVerdict>;

  findVolume(path: string, options?: CallOptions): Promise<VolumeReading | undefined>;
  /** Creates an empty, sparse volume. Never over an existing file: `VOLUME_EXISTS`. Makes the folder where it is missing. */
  createVolume(volume: NewVolume, options?: CallOptions): Promise<void>;
  /** A volume that is gone already is fine. */
  deleteVolume(path: string, options?: CallOptions): Promise<void>;
  /** The bytes of the file or device, holes told apart, in order and without gaps. */
  readVolume(path: string, options?: ReadOptions): AsyncIterable<VolumePiece>;
  /** Writes the data pieces in their places and leaves the holes alone. */
  writeVolume(path: string, pieces: AsyncIterable<VolumePiece>, options?: StreamOptions): Promise<void>;

  /**
   * Moves a running domain to `target` while it runs, and resolves when it runs there. Its definition stays here.
   * When `signal` aborts, the job is aborted, and the promise rejects once that has taken effect.
   */
  migrate(uuid: string, target: Host, move: LiveMove, options?: MigrateOptions): Promise<LiveMoveResult>;
  /** The job under way on a domain; undefined when there is none. */
  job(uuid: string, options?: CallOptions): Promise<JobReading | undefined>;
  /**
   * Ends the job on a domain, also one whose peer is cut off; fine when there is none. `heard`: the hypervisor has it in
   * hand, and a job that is still under way when this resolves comes to nothing. `refused`: it may go on.
   */
  abortJob(uuid: string, options?: CallOptions): Promise<'heard' | 'refused'>;
  /** How long the running guests have waited for their disks, by one short call. See `guestWaits`. */
  diskWaits(options?: CallOptions): Promise<DiskWaits>;
  /**
   * Bounds how fast the disks of a move are copied; undefined: no longer. Set before the move, it holds from its start.
   * False when nothing is being copied.
   */
  setCopySpeed(uuid: string, bytesPerSecond: number | undefined, options?: CopySpeedOptions): Promise<boolean>;
  /** Whether such a bound holds from moment to moment; otherwise it holds on average, in steps that are a storm each. */
  pacesEvenly(options?: CallOptions): Promise<boolean>;
  /** Lets a guest that is on the move stand still for so long at its switch-over. False when nothing moves it. */
  setDowntimeMax(uuid: string, ms: number, options?: CallOptions): Promise<boolean>;

  start(uuid: string, options?: CallOptions): Promise<void>;
  /** Pulls the plug: for remains that no guest works in. */
  destroy(uuid: string, options?: CallOptions): Promise<void>;
  resume(uuid: string, options?: CallOptions): Promise<void>;
  define(definition: string, options?: CallOptions): Promise<void>;
  /** Removes a definition; NVRAM files stay. A domain that is gone already is fine. */
  undefine(uuid: string, options?: CallOptions): Promise<void>;
  setAutostart(uuid: string, autostart: 'on' | 'off', options?: CallOptions): Promise<void>;
  /** The claim that a run has left in the domain's metadata; undefined when there is none, or no such domain. */
  readClaim(uuid: string, options?: CallOptions): Promise<Claim | undefined>;
  /** Sets it in the running domain and in its definition. `BUSY` while a migration goes on. */
  writeClaim(uuid: string, claim: Claim, options?: CallOptions): Promise<void>;
  /** Leaves nothing of it in the definition. A claim or a domain that is gone already is fine. */
  removeClaim(uuid: string, options?: CallOptions): Promise<void>;
  /** Whether the guest's agent answers a ping within a few seconds. */
  pingAgent(uuid: string, options?: CallOptions): Promise<boolean>;

  close(): Promise<void>;
}

export interface CpuVerdict {
  readonly verdict: 'compatible' | 'incompatible' | 'unknown';
  /** Why, when it is not plainly compatible. */
  readonly reason?: string;
}

export interface NewVolume {
  readonly path: string;
  readonly format: 'raw' | 'qcow2';
  /** qcow2 only. Default 1.1. */
  readonly compat?: string;
  readonly capacityBytes: number;
}

export type VolumePiece =
  | {readonly offset: number; readonly data: Uint8Array}
  | {readonly offset: number; readonly holeBytes: number};

/** What a running domain becomes on its target, and how it gets there. */
export interface LiveMove {
  /** `daemons`: the source's libvirtd talks to the target's (p2p). `client`: dr talks to both. */
  readonly through: 'daemons' | 'client';
  /** The target as the source's libvirtd reaches it; p2p only. */
  readonly targetUri: string;
  /** Where the source's hypervisor sends memory, when the target's host name does not do: `tcp://10.0.0.2`. */
  readonly migrateUri?: string;
  /** The definitions on the target: of the running domain, and of its next start. */
  readonly definition: string;
  readonly persistentDefinition: string;
  /** Disks to copy, by target name (`vda`); their files exist on the target. The others are shared. */
  readonly copiedDisks: readonly string[];
  readonly bandwidthMibPerSecond?: number;
  /**
   * The longest that the guest may stand still, which is reached in steps. Default `downtimeMsDefault`, which an emulated
   * guest gets at once.
   */
  readonly downtimeMsMax?: number;
  /** Slow the guest down when it writes faster than the link carries. */
  readonly autoConverge?: 'on' | 'off';
  /** With no byte moving for so long, the move is aborted. Default 15 s, once a byte has moved. */
  readonly stallMs?: number;
}

export interface MigrateOptions extends CallOptions {
  readonly onProgress?: (job: JobReading) => void;
  /** Called once, when the domain runs on the target: no byte follows. Not called where the target's daemon does not tell. */
  readonly onArrived?: (() => void) | undefined;
}

/** A job on a domain. During preparations all numbers are 0. */
export interface JobReading {
  readonly operation: string;
  readonly elapsedMs: number;
  readonly processedBytes: number;
  readonly totalBytes: number;
  /** The part of `totalBytes` that is memory: 0 while disks are copied, which comes first. */
  readonly memoryBytes: number;
  readonly bytesPerSecond: number;
}

export interface LiveMoveResult {
  readonly through: 'daemons' | 'client';
  /** As the hypervisor measured it; absent when it did not say. */
  readonly downtimeMs?: number;
  readonly copiedBytes: number;
}
