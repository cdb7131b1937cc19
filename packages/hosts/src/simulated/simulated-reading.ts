import {type DiskDefinition, domainDefinition} from '../domain-definition.ts';
import type {DiskReading, DomainReading, PoolReading} from '../reading.ts';
import type {SimulatedDomain} from './simulated-domain.ts';
import type {SimulatedFiles} from './simulated-files.ts';

const gibibyte = 1024 ** 3;

/** What a simulated host's libvirt would tell of a domain. */
export function simulatedDomainReading(domain: SimulatedDomain, files: SimulatedFiles): DomainReading {
  const {agentChannel: _channel, emulator: _emulator, disks, ...definition} = domainDefinition(domain.xml);
  const {xml, state, stateReason, persistent, autostart, agent, addresses, snapshots, job} = domain;
  return {
    ...definition,
    state,
    stateReason,
    persistent,
    autostart,
    agent,
    addresses,
    snapshots,
    xml,
    managedSave: false,
    checkpoints: [],
    disks: disks.map(disk => diskReading(disk, files)),
    ...(job && {job: job.operation}),
  };
}

/** A pool, half full, with the files that lie in its folder. */
export function simulatedPoolReading(
  pool: Pick<PoolReading, 'name'> & Partial<PoolReading>,
  files: SimulatedFiles,
): PoolReading {
  const {name, path = '/var/lib/libvirt/images'} = pool;
  const found = files.paths.filter(file => file.startsWith(`${path}/`)).map(file => files.find(file));
  const volumes = found.filter(file => file !== undefined);
  const sizes = {capacityBytes: 100 * gibibyte, availableBytes: 50 * gibibyte};
  return {uuid: `pool-${name}`, type: 'dir', active: true, autostart: true, path, ...sizes, volumes, ...pool};
}

function diskReading(disk: DiskDefinition, files: SimulatedFiles): DiskReading {
  const file = disk.path === undefined ? undefined : files.find(disk.path);
  const {capacityBytes = 0, allocationBytes = 0, lengthBytes = 0} = file ?? {};
  return {...disk, capacityBytes, allocationBytes, lengthBytes};
}
