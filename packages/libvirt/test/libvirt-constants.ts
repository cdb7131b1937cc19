import test from 'ava';
import {execa} from 'execa';
import {baselineCpuFlags, compareCpuFlags, cpuComparisons} from '../src/connection.ts';
import {blockJobStatuses, blockJobTypes} from '../src/domain/block-job.ts';
import * as flags from '../src/domain/domain-flags.ts';
import {jobOperations, jobTypes} from '../src/domain/domain-job.ts';
import {domainStates, stateReasons} from '../src/domain/domain-state.ts';
import {addressSources, messageKinds} from '../src/domain/domain.ts';
import {metadataTypes} from '../src/domain/metadata-name.ts';
import {guestInfoTypes} from '../src/domain/guest-agent.ts';
import {errorDomains, errorNumbers} from '../src/error-codes.ts';
import * as eventNames from '../src/events/event-names.ts';
import {lifecycleDetails, lifecycleEvents} from '../src/events/lifecycle.ts';
import {updateCommands, updateSections} from '../src/network/network.ts';
import {listNetworksFlags} from '../src/network/networks.ts';
import {events} from '../src/procedures/events.ts';
import {secretUsages} from '../src/secrets.ts';
import {buildFlags, createVolumeFlags, poolStates} from '../src/storage/storage-pool.ts';
import {createPoolFlags, listPoolsFlags} from '../src/storage/storage-pools.ts';
import {resizeFlags, volumeTypes} from '../src/storage/storage-volume.ts';

type Table = Readonly<Record<string, number>> | readonly string[];

/** Names that came after libvirt 9.0. */
const newer = /^VIR_(ERR_NO_NETWORK_METADATA|ERR_AGENT_COMMAND_\w+|DOMAIN_PAUSED_API_ERROR)$/;

const constants = await libvirtConstants();
const beside = constants === undefined ? test.skip : test;

/** What libvirt itself calls its numbers, as its Python module tells; nothing where that is not installed. */
async function libvirtConstants(): Promise<ReadonlyMap<string, number> | undefined> {
  const script = 'import json, libvirt; print(json.dumps({n: v for n, v in vars(libvirt).items() if n[:4] == "VIR_"}))';
  for (const python of ['python3', '/usr/bin/python3']) {
    const {exitCode, stdout} = await execa(python, ['-c', script], {reject: false});
    if (exitCode === 0) {
      return new Map(Object.entries(JSON.parse(stdout) as Record<string, number>));
    }
  }
  return undefined;
}

/** Each name behind its prefix is libvirt's constant, and its number is libvirt's. */
function same(prefix: string, table: Table, {except = [] as readonly string[]} = {}): void {
  const entries = Array.isArray(table)
    ? table.map((name: string, number) => [name, number] as const)
    : Object.entries(table);
  const ours = new Map(
    entries
      .filter(([name]) => !except.includes(name))
      .map(([name, number]) => [prefix + name.toUpperCase().replaceAll('-', '_'), number]),
  );
  beside(`libvirt, too, has ${[...ours.keys()].join(', ')}`, t => {
    const theirs = [...ours.keys()].map(name => [name, constants?.get(name)] as const);
    t.deepEqual(
      [...ours].filter(([name]) => constants?.has(name) === true || !newer.test(name)),
      theirs.filter(([name, number]) => number !== undefined || !newer.test(name)),
    );
  });
}

same('VIR_ERR_', errorNumbers);
same('VIR_FROM_', errorDomains);
same('VIR_CONNECT_LIST_DOMAINS_', flags.listDomainsFlags);
same('VIR_DOMAIN_STATS_', flags.statsGroups);
same('VIR_CONNECT_GET_ALL_DOMAINS_STATS_', flags.statsFlags, {except: Object.keys(flags.listDomainsFlags).slice(8)});
same('VIR_DOMAIN_XML_', flags.domainXmlFlags);
same('VIR_DOMAIN_DEFINE_', flags.defineFlags);
same('VIR_DOMAIN_AFFECT_', flags.affectFlags);
same('VIR_DOMAIN_DEVICE_MODIFY_', flags.deviceFlags);
same('VIR_DOMAIN_START_', flags.createFlags);
same('VIR_DOMAIN_DESTROY_', flags.destroyFlags);
same('VIR_DOMAIN_SHUTDOWN_', flags.shutdownFlags);
same('VIR_DOMAIN_REBOOT_', flags.shutdownFlags);
same('VIR_DOMAIN_UNDEFINE_', flags.undefineFlags);
same('VIR_DOMAIN_SAVE_', flags.saveFlags);
same('VIR_DOMAIN_MEM_', flags.memoryFlags);
same('VIR_DOMAIN_VCPU_', flags.vcpuFlags);
same('VIR_DOMAIN_CONSOLE_', flags.consoleFlags);
same('VIR_DOMAIN_SNAPSHOT_CREATE_', flags.snapshotCreateFlags);
same('VIR_DOMAIN_SNAPSHOT_DELETE_', flags.snapshotDeleteFlags);
same('VIR_DOMAIN_SNAPSHOT_REVERT_', flags.snapshotRevertFlags);
same('VIR_DOMAIN_CHECKPOINT_CREATE_', flags.checkpointCreateFlags);
same('VIR_DOMAIN_CHECKPOINT_DELETE_', flags.snapshotDeleteFlags);
same('VIR_DOMAIN_CHECKPOINT_XML_', flags.checkpointXmlFlags);
same('VIR_DOMAIN_BACKUP_BEGIN_', flags.backupFlags);
same('VIR_DOMAIN_JOB_STATS_', flags.jobStatsFlags);
same('VIR_DOMAIN_BLOCK_COPY_', flags.blockCopyFlags);
same('VIR_DOMAIN_BLOCK_COMMIT_', flags.blockCommitFlags);
same('VIR_DOMAIN_BLOCK_REBASE_', flags.blockRebaseFlags);
same('VIR_DOMAIN_BLOCK_JOB_ABORT_', flags.blockJobAbortFlags);
same('VIR_MIGRATE_', flags.migrateFlags);
same('VIR_DOMAIN_BLOCK_JOB_TYPE_', blockJobTypes);
same('VIR_DOMAIN_BLOCK_JOB_', blockJobStatuses);
same('VIR_DOMAIN_JOB_', jobTypes);
same('VIR_DOMAIN_JOB_OPERATION_', jobOperations);
same('VIR_DOMAIN_GUEST_INFO_', guestInfoTypes);
same('VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_', addressSources);
same('VIR_DOMAIN_METADATA_', metadataTypes);
same('VIR_DOMAIN_MESSAGE_', messageKinds);
same('VIR_CPU_COMPARE_', cpuComparisons);
same('VIR_CONNECT_COMPARE_CPU_', compareCpuFlags);
same('VIR_CONNECT_BASELINE_CPU_', baselineCpuFlags);
same('VIR_SECRET_USAGE_TYPE_', secretUsages);
same('VIR_CONNECT_LIST_NETWORKS_', listNetworksFlags);
same('VIR_NETWORK_UPDATE_COMMAND_', updateCommands);
same('VIR_NETWORK_SECTION_', updateSections);
same('VIR_CONNECT_LIST_STORAGE_POOLS_', listPoolsFlags);
same('VIR_STORAGE_POOL_CREATE_', createPoolFlags);
same('VIR_STORAGE_POOL_BUILD_', buildFlags);
same('VIR_STORAGE_POOL_', poolStates);
same('VIR_STORAGE_VOL_', volumeTypes);
same('VIR_STORAGE_VOL_CREATE_', createVolumeFlags);
same('VIR_STORAGE_VOL_RESIZE_', resizeFlags);
same('VIR_DOMAIN_', domainStates, {except: ['none']});
same('VIR_DOMAIN_NO', ['state']);
for (const [state, reasons] of Object.entries(stateReasons)) {
  same(`VIR_DOMAIN_${state === 'none' ? 'NOSTATE' : state.toUpperCase()}_`, reasons);
}
same('VIR_DOMAIN_EVENT_', lifecycleEvents);
for (const [event, details] of Object.entries(lifecycleDetails)) {
  same(`VIR_DOMAIN_EVENT_${event.toUpperCase()}_`, details);
}
same('VIR_DOMAIN_EVENT_WATCHDOG_', eventNames.watchdogActions);
same('VIR_DOMAIN_EVENT_IO_ERROR_', eventNames.ioErrorActions);
same('VIR_DOMAIN_EVENT_GRAPHICS_', eventNames.graphicsPhases);
same('VIR_DOMAIN_EVENT_TRAY_CHANGE_', eventNames.trayReasons);
same('VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_', eventNames.agentStates, {except: ['unknown']});
same('VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_', eventNames.agentReasons);
same('VIR_DOMAIN_EVENT_MEMORY_FAILURE_RECIPIENT_', eventNames.memoryFailureRecipients);
same('VIR_DOMAIN_EVENT_MEMORY_FAILURE_ACTION_', eventNames.memoryFailureActions);
same('VIR_NETWORK_EVENT_', eventNames.networkEvents);
same('VIR_STORAGE_POOL_EVENT_', eventNames.poolEvents);
same('VIR_SECRET_EVENT_', eventNames.secretEvents);
same('VIR_NODE_DEVICE_EVENT_', eventNames.nodeDeviceEvents);
same(
  'VIR_DOMAIN_EVENT_ID_',
  Object.fromEntries(
    Object.entries(events)
      .filter(([name]) => name.startsWith('DOMAIN_EVENT_'))
      .map(([name, {id}]) => [name.slice('DOMAIN_EVENT_'.length), id]),
  ),
);
