/** What dr asks of a machine that runs VMs: the Host port, what it reads, and the libvirt adapter. */
export type {
  DiskReading,
  DomainReading,
  DomainState,
  HostFileReading,
  HostReading,
  InterfaceReading,
  MachineReading,
  NetworkReading,
  PoolReading,
  VolumeReading,
} from './reading.ts';
