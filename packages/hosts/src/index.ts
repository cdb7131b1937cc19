/** What dr asks of a machine that runs VMs: the Host port, what it reads, its libvirt adapter and its simulation. */
export {downtimeMsDefault} from './allowed-downtime.ts';
export {type Claim, claimNamespace} from './claim.ts';
export {
  type DiskNote,
  markWhole,
  notedDisk,
  notePath,
  readDiskNote,
  removeDiskNote,
  writeDiskNote,
} from './disk-note.ts';
export {fileUsers} from './file-users.ts';
export {type DiskDefinition, type DomainDefinition, domainDefinition} from './domain-definition.ts';
export type {
  CallOptions,
  CpuVerdict,
  Host,
  JobReading,
  LiveMove,
  LiveMoveResult,
  MigrateOptions,
  NewVolume,
  ReadOptions,
  VolumePiece,
} from './host.ts';
export {type Answered, type DiskWaits, type GuestDiskWait, type GuestWaits, guestWaits} from './guest-waits.ts';
export {type Qcow2Header, readQcow2Header} from './qcow2-header.ts';
export {HostError, type HostErrorCode} from './host-error.ts';
export {type Inventory, readInventory, unreachableHost, type UnreachableHost} from './inventory.ts';
export {type HostEntry, openHost, openHosts} from './libvirt/libvirt-host.ts';
export {deleteKept, type KeptDisk, keptDisks, keptDisksOf} from './kept-disks.ts';
export {type NotedFile, noteUser} from './note-user.ts';
export {type LeftNote, leftNotesOf} from './left-notes.ts';
export type {MoveMishap, SimulatedDomain} from './simulated/simulated-domain.ts';
export {SimulatedHost, simulatedHost, type SimulatedHostSpec} from './simulated/simulated-host.ts';
export {type DefinitionChanges, type DiskPlace, targetDefinition} from './target-definition.ts';
export type {
  DiskReading,
  DomainReading,
  DomainStanding,
  DomainState,
  HostFileReading,
  HostReading,
  InterfaceReading,
  MachineReading,
  NetworkReading,
  PoolReading,
  VolumeReading,
} from './reading.ts';
