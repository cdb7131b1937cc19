/** A complete, typed, promise-based libvirt client in pure TypeScript. */
export type {Credentials, Login} from './authenticate.ts';
export {callsInFlightMax} from './call-queue.ts';
export {parseConnectUri, type ConnectUri} from './connect-uri.ts';
export {ConnectionError, type ConnectionErrorCode} from './connection-error.ts';
export {
  connect,
  connectWhenUsed,
  Connection,
  type ConnectOptions,
  type CpuComparison,
  type HypervisorChoice,
} from './connection.ts';
export type {CallOptions, FlagOptions, LinkOptions} from './daemon-link.ts';
export {blockJobTypes, type BlockJob, type BlockJobStatus, type BlockJobType} from './domain/block-job.ts';
export {Checkpoint, Checkpoints} from './domain/checkpoints.ts';
export {DomainBackup} from './domain/domain-backup.ts';
export {DomainDisk, type BlockJobOptions} from './domain/domain-disk.ts';
export type {
  AffectFlag,
  BackupFlag,
  BlockCommitFlag,
  BlockCopyFlag,
  BlockJobAbortFlag,
  BlockRebaseFlag,
  CheckpointCreateFlag,
  CheckpointXmlFlag,
  ConsoleFlag,
  CreateFlag,
  DefineFlag,
  DestroyFlag,
  DeviceFlag,
  DomainXmlFlag,
  JobStatsFlag,
  ListDomainsFlag,
  MemoryFlag,
  MigrateFlag,
  SaveFlag,
  ShutdownFlag,
  SnapshotCreateFlag,
  SnapshotDeleteFlag,
  SnapshotRevertFlag,
  StatsFlag,
  StatsGroup,
  UndefineFlag,
  VcpuFlag,
} from './domain/domain-flags.ts';
export {
  DomainJob,
  jobStats,
  type JobOperation,
  type JobProgress,
  type JobStats,
  type JobType,
} from './domain/domain-job.ts';
export {domainState, type DomainState, type DomainStateName, type DomainStateReason} from './domain/domain-state.ts';
export type {DiskFigures, DomainFigures, InterfaceFigures} from './domain/domain-stats.ts';
export {Domain, type AddressSource, type DomainInfo, type InterfaceAddresses} from './domain/domain.ts';
export type {MetadataName} from './domain/metadata-name.ts';
export {Domains, type DomainStats} from './domain/domains.ts';
export {GuestAgent, type AgentCommandOptions, type GuestFilesystem, type GuestInfoType} from './domain/guest-agent.ts';
export type {MigrateOptions} from './domain/migrate-options.ts';
export {MigrationError, type MigrationErrorCode} from './domain/migration-error.ts';
export {Snapshot, Snapshots} from './domain/snapshots.ts';
export {errorDomains, errorNumbers, type LibvirtErrorCode, type LibvirtErrorDomain} from './error-codes.ts';
export type {EventKindName, EventOf} from './events/event-kinds.ts';
export type {EventListing, ListedDomain} from './events/event-listing.ts';
export {
  EventStream,
  type ConnectionEvent,
  type DisconnectedEvent,
  type EventOptions,
  type ListedEvent,
} from './events/event-stream.ts';
export type {LifecycleDetail, LifecycleEvent} from './events/lifecycle.ts';
export {HostNode, type NodeInfo} from './host-node.ts';
export type {Every, KeepaliveOptions} from './keepalive.ts';
export {LibvirtError} from './libvirt-error.ts';
export {Network, type DhcpLease, type NetworkUpdate} from './network/network.ts';
export {Networks, type ListNetworksFlag} from './network/networks.ts';
export {Nwfilter, Nwfilters} from './network/nwfilters.ts';
export type {
  ArgsOf,
  CallName,
  EventName,
  EventPayload,
  ReturnsOf,
  StreamName,
  WireEvent,
} from './procedures/procedures.ts';
export {RpcClient, type RpcConnectOptions, type RpcOptions} from './rpc-client.ts';
export {RpcStream, type StreamPiece} from './rpc-stream.ts';
export {Secret, Secrets, type SecretUsage} from './secrets.ts';
export {StoragePool, type StoragePoolInfo, type StoragePoolState} from './storage/storage-pool.ts';
export {StoragePools, type ListPoolsFlag} from './storage/storage-pools.ts';
export {
  StorageVolume,
  type RangeOptions,
  type StorageVolumeInfo,
  type StorageVolumeType,
} from './storage/storage-volume.ts';
export {StorageVolumes} from './storage/storage-volumes.ts';
export {toDuplex, toReadable, toWritable} from './stream-adapters.ts';
export type {Transport} from './transports/transport.ts';
export {paramValues, repeatedValues, typedParams, type TypedParam, type TypedValue} from './wire/typed-param.ts';
export {DiskXml, type BackingImage, type DiskSource} from './xml/disk-xml.ts';
export {DomainXml, type BootFiles, type Channel, type HostDevice} from './xml/domain-xml.ts';
export {InterfaceXml} from './xml/interface-xml.ts';
export {child, children, parseXml, serializeXml} from './xml/xml-elements.ts';
export {XmlError, type XmlErrorCode} from './xml/xml-error.ts';
export {bytesOf} from './xml/xml-size.ts';
