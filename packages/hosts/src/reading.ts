import type {Claim} from './claim.ts';

/**
 * What was read from a host at one moment: plain data, serialisable, never edited. Sizes are bytes unless a name says
 * otherwise; every list is sorted by name, so that two readings of an unchanged host are equal.
 */
export interface HostReading {
  /** The host's name in dr.yaml. */
  readonly name: string;
  /** libvirt's own host name and UUID: two names in dr.yaml may not be the same machine. */
  readonly hostname: string;
  readonly uuid: string;
  readonly libvirtVersion: string;
  readonly hypervisor: {readonly type: string; readonly version: string};
  readonly arch: string;
  readonly cpus: number;
  readonly memory: {readonly totalBytes: number; readonly freeBytes: number};
  /** Machine types the emulators of this host know, by virtualisation type: `kvm` or `qemu`. */
  readonly machines: readonly MachineReading[];
  readonly pools: readonly PoolReading[];
  readonly networks: readonly NetworkReading[];
  /** Names of network devices of the host, bridges among them; absent when the host cannot tell. */
  readonly links?: readonly string[];
  readonly domains: readonly DomainReading[];
}

export interface MachineReading {
  readonly virtType: string;
  readonly arch: string;
  /** Canonical names and aliases alike. */
  readonly machines: readonly string[];
}

export interface PoolReading {
  readonly name: string;
  readonly uuid: string;
  /** libvirt's pool type: dir, fs, netfs, logical, ... */
  readonly type: string;
  readonly active: boolean;
  readonly autostart: boolean;
  /** The folder or device group, where the type has one. */
  readonly path?: string;
  /** Where a netfs or similar pool comes from (`server:/export`): equal on two hosts means shared storage. */
  readonly origin?: string;
  readonly capacityBytes: number;
  readonly availableBytes: number;
  readonly volumes: readonly VolumeReading[];
}

export interface VolumeReading {
  readonly name: string;
  readonly path: string;
  readonly format?: string;
  /** Version of a qcow2 file: 0.10 or 1.1. */
  readonly compat?: string;
  /** The size a guest sees. */
  readonly capacityBytes: number;
  /** Length of the file or device. */
  readonly lengthBytes: number;
  /** What it takes of the pool now. */
  readonly allocationBytes: number;
  readonly backingPath?: string;
  /** When its content was last changed, as the host tells it; absent where it does not. Only good for comparing. */
  readonly modified?: string;
}

export interface NetworkReading {
  readonly name: string;
  readonly uuid: string;
  readonly active: boolean;
  readonly autostart: boolean;
  readonly bridge?: string;
  /** nat, route, bridge, ...; absent for an isolated network. */
  readonly forward?: string;
}

export type DomainState =
  | 'running'
  | 'blocked'
  | 'paused'
  | 'shutdown'
  | 'shutoff'
  | 'crashed'
  | 'pmsuspended'
  | 'unknown';

export interface DomainReading {
  readonly name: string;
  readonly uuid: string;
  readonly title?: string;
  readonly state: DomainState;
  /** libvirt's name of why it is in that state, such as `migrated` or `ioerror`. */
  readonly stateReason: string;
  readonly persistent: boolean;
  readonly autostart: boolean;
  readonly managedSave: boolean;
  readonly virtType: string;
  readonly arch: string;
  readonly machine: string;
  readonly vcpus: number;
  readonly memoryBytes: number;
  readonly disks: readonly DiskReading[];
  readonly interfaces: readonly InterfaceReading[];
  /** Pass-through devices and shared folders, each in the words an operator would use: `pci 0000:03:00.0`. */
  readonly hostDevices: readonly string[];
  /** Files of the host that the definition names beside its disks. */
  readonly hostFiles: readonly HostFileReading[];
  /** Who acts on it now, or did and left no word; absent when nobody does. */
  readonly claim?: Claim;
  readonly snapshots: readonly string[];
  readonly checkpoints: readonly string[];
  /** A job under way, such as `migration-out` or `backup`; absent when there is none. */
  readonly job?: string;
  /** A TPM emulated for it keeps its state in a folder of the host. */
  readonly tpm?: 'emulator' | 'passthrough' | 'external';
  /** `answering`: connected, and it has just told the guest's addresses. */
  readonly agent: 'answering' | 'connected' | 'disconnected' | 'none';
  /** Addresses the guest is known to hold, IPv4 first. */
  readonly addresses: readonly string[];
  /** The definition as it would be started next (inactive XML, with secrets left out). */
  readonly xml: string;
}

/** How a domain stands, without a look at its definition: quickly read. */
export type DomainStanding = Pick<DomainReading, 'uuid' | 'state' | 'stateReason' | 'persistent' | 'autostart' | 'job'>;

export interface DiskReading {
  /** vda, sdb, ... */
  readonly target: string;
  readonly device: 'disk' | 'cdrom' | 'floppy' | 'lun';
  /** file, block, volume, network, ... */
  readonly type: string;
  /** Path on the host; absent for an empty drive or a network disk. */
  readonly path?: string;
  readonly pool?: string;
  readonly volume?: string;
  readonly format?: string;
  readonly compat?: string;
  readonly readonly: boolean;
  readonly shareable: boolean;
  /** Encrypted by QEMU with a secret of the host's libvirt: the secret's UUID, empty where it is named otherwise. */
  readonly secret?: string;
  readonly capacityBytes: number;
  readonly allocationBytes: number;
  /** Length of the file or device, which for qcow2 is not its capacity. */
  readonly lengthBytes: number;
  readonly backingPaths: readonly string[];
  /** A block job running on it, such as `copy`; absent when there is none. */
  readonly blockJob?: string;
}

export interface InterfaceReading {
  readonly mac: string;
  /** network, bridge, direct, user, ... */
  readonly type: string;
  /** The libvirt network, bridge or device it is plugged into. */
  readonly source?: string;
  readonly model?: string;
}

export interface HostFileReading {
  readonly path: string;
  readonly purpose: 'cdrom' | 'floppy' | 'kernel' | 'initrd' | 'dtb' | 'loader' | 'nvram' | 'nvram-template' | 'other';
}
