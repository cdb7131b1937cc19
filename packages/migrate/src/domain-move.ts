import type {DiskPlace} from '@dr-toolkit/hosts';

import type {BrokenClaim} from './claim-standing.ts';

/** One domain's way from host to host: everything its steps need. Plain data. */
export interface DomainMove {
  readonly domain: string;
  readonly uuid: string;
  readonly from: string;
  readonly to: string;
  /**
   * `follow`: an earlier run began to move it live, and that goes on; `finish`: it is on the target already. Both leave
   * only the rest to be done.
   */
  readonly how: 'live' | 'offline' | 'follow' | 'finish';
  readonly through: 'auto' | 'daemons' | 'client';
  readonly targetUri: string;
  readonly migrateUri?: string;
  readonly disks: readonly DiskMove[];
  /** What each interface is plugged into on the target, by MAC; those that stay as they are are left out. */
  readonly interfaces: Readonly<Record<string, {readonly type: 'network' | 'bridge'; readonly source: string}>>;
  /** The same on both hosts. Copied in an offline move; in a live one the hypervisor carries it over. */
  readonly nvramPath?: string;
  readonly autostart: 'on' | 'off';
  /** How its guest answered before the move; absent when it did not. */
  readonly answered?: GuestAnswer;
  readonly sourceDisks: 'keep' | 'delete';
  readonly keptDisks: 'refuse' | 'replace';
  /** Claims of other controllers that the operator broke by the domain's name. */
  readonly brokenClaims?: readonly BrokenClaim[];
  /** What it holds a place on while it runs. */
  readonly lanes: readonly string[];
  readonly memoryBytes: number;
  /** How much there is to carry: memory of a running domain, and data of the disks that are copied. */
  readonly weightBytes: number;
  readonly bandwidthMibPerSecond?: number;
  readonly downtimeMsMax?: number;
  readonly autoConverge?: 'on' | 'off';
}

export interface DiskMove {
  /** vda, sdb, ... */
  readonly target: string;
  /** `shared`: source and target see the same file. */
  readonly storage: 'copy' | 'shared';
  /** `probe`: that it is shared is proved before anything moves. Absent where no file can be written, as on iSCSI. */
  readonly proof?: 'probe';
  readonly sourcePath: string;
  readonly targetPath: string;
  /** How the target's definition names it. */
  readonly place: DiskPlace;
  readonly format: 'raw' | 'qcow2';
  readonly compat?: string;
  readonly capacityBytes: number;
  readonly allocationBytes: number;
  readonly lengthBytes: number;
}

/** By its agent, whose guest has been told to be at these addresses; or by TCP/IP at one of them. */
export type GuestAnswer =
  | {readonly by: 'agent'; readonly addresses: readonly string[]}
  | {readonly by: 'address'; readonly address: string};

/** What a finished move has to say, for the summary. */
export interface MoveResult {
  readonly domain: string;
  readonly from: string;
  readonly to: string;
  readonly mode: 'live' | 'offline';
  readonly through?: 'daemons' | 'client';
  /** Absent when it ended while nobody watched. */
  readonly seconds?: number;
  readonly copiedBytes?: number;
  readonly downtimeMs?: number;
}

/** Whether nothing of the move has been done yet. */
export function beginsAnew({how}: Pick<DomainMove, 'how'>): boolean {
  return how === 'live' || how === 'offline';
}

/** The files of a move that it leaves behind on the source: disks that are copied, and NVRAM. */
export function leftFiles(move: Pick<DomainMove, 'disks' | 'nvramPath'>): ReadonlyArray<{
  readonly sourcePath: string;
  readonly targetPath: string;
}> {
  const {nvramPath: path} = move;
  return path === undefined ? copiedDisks(move) : [...copiedDisks(move), {sourcePath: path, targetPath: path}];
}

/** How the target's definition names disks that it cannot name as the source does, by `vda`, `sdb`, ... */
export function placesOnTarget({disks}: Pick<DomainMove, 'disks'>): Readonly<Record<string, DiskPlace>> {
  const changed = disks.filter(
    ({storage, sourcePath, targetPath, place}) => storage === 'copy' || 'pool' in place || sourcePath !== targetPath,
  );
  return Object.fromEntries(changed.map(({target, place}) => [target, place]));
}

/** The disks of a move whose bytes travel. */
export function copiedDisks(move: Pick<DomainMove, 'disks'>): readonly DiskMove[] {
  return move.disks.filter(disk => disk.storage === 'copy');
}
