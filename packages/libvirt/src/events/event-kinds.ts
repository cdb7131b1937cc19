import type {DaemonLink} from '../daemon-link.ts';
import {blockJobStatuses, blockJobTypes} from '../domain/block-job.ts';
import {jobStats} from '../domain/domain-job.ts';
import {Domain} from '../domain/domain.ts';
import {metadataTypes} from '../domain/metadata-name.ts';
import {nameOf} from '../flags.ts';
import {Network} from '../network/network.ts';
import type {EventName, EventPayload} from '../procedures/procedures.ts';
import {Secret} from '../secrets.ts';
import {StoragePool} from '../storage/storage-pool.ts';
import type {DomainRef} from '../wire/schema.ts';
import {paramValues} from '../wire/typed-param.ts';
import {
  agentReasons,
  agentStates,
  diskChangeReasons,
  graphicsPhases,
  ioErrorActions,
  memoryFailureActions,
  memoryFailureRecipients,
  networkEvents,
  nodeDeviceEvents,
  poolEvents,
  secretEvents,
  trayReasons,
  watchdogActions,
} from './event-names.ts';
import {lifecycleDetail, lifecycleEvents} from './lifecycle.ts';

const completedJob = 3;

/** One kind of event: the message it comes as, and what callers see of it. */
interface EventKind<Name extends EventName, Content> {
  readonly message: Name;
  readonly read: (payload: EventPayload<Name>, link: DaemonLink) => Content;
}

function kind<Name extends EventName, Content>(
  message: Name,
  read: (payload: EventPayload<Name>, link: DaemonLink) => Content,
): EventKind<Name, Content> {
  return {message, read};
}

/** An event that is about one domain. */
function domainKind<Name extends DomainEventName, Content>(
  message: Name,
  read: (payload: EventPayload<Name>) => Content,
): EventKind<Name, Content & {readonly domain: Domain}> {
  return kind(message, (payload, link) => ({
    domain: new Domain(link, (payload as {dom: DomainRef}).dom),
    ...read(payload),
  }));
}

type DomainEventName = {
  [Name in EventName]: EventPayload<Name> extends {dom: DomainRef} ? Name : never;
}[EventName];

/** Every kind of event, by the name that `Connection.events` takes. */
export const eventKinds = {
  lifecycle: domainKind('DOMAIN_EVENT_LIFECYCLE', ({event, detail}) => ({
    event: nameOf(lifecycleEvents, event),
    detail: lifecycleDetail(event, detail),
  })),
  reboot: domainKind('DOMAIN_EVENT_REBOOT', () => ({})),
  /** The guest set its clock: so many seconds ahead of UTC. */
  'rtc-change': domainKind('DOMAIN_EVENT_RTC_CHANGE', ({offset}) => ({offsetSeconds: Number(offset)})),
  watchdog: domainKind('DOMAIN_EVENT_WATCHDOG', ({action}) => ({action: nameOf(watchdogActions, action)})),
  'io-error': domainKind('DOMAIN_EVENT_IO_ERROR_REASON', ({srcPath, devAlias, action, reason}) => ({
    path: srcPath,
    device: devAlias,
    action: nameOf(ioErrorActions, action),
    /** As in `enospc`; often empty. */
    reason,
  })),
  graphics: domainKind('DOMAIN_EVENT_GRAPHICS', ({phase, local, remote, authScheme, subject}) => ({
    phase: nameOf(graphicsPhases, phase),
    local: {address: local.node, service: local.service},
    remote: {address: remote.node, service: remote.service},
    authScheme,
    identities: subject,
  })),
  'control-error': domainKind('DOMAIN_EVENT_CONTROL_ERROR', () => ({})),
  'block-job': domainKind('DOMAIN_EVENT_BLOCK_JOB_2', ({dst, type, status}) => ({
    /** The target, as in `vda`. */
    disk: dst,
    type: nameOf(blockJobTypes, type),
    status: nameOf(blockJobStatuses, status),
  })),
  'disk-change': domainKind('DOMAIN_EVENT_DISK_CHANGE', ({oldSrcPath, newSrcPath, devAlias, reason}) => ({
    device: devAlias,
    oldPath: oldSrcPath ?? undefined,
    newPath: newSrcPath ?? undefined,
    reason: nameOf(diskChangeReasons, reason),
  })),
  'tray-change': domainKind('DOMAIN_EVENT_TRAY_CHANGE', ({devAlias, reason}) => ({
    device: devAlias,
    reason: nameOf(trayReasons, reason),
  })),
  pmwakeup: domainKind('DOMAIN_EVENT_PMWAKEUP', () => ({})),
  pmsuspend: domainKind('DOMAIN_EVENT_PMSUSPEND', () => ({})),
  'pmsuspend-disk': domainKind('DOMAIN_EVENT_PMSUSPEND_DISK', () => ({})),
  'balloon-change': domainKind('DOMAIN_EVENT_BALLOON_CHANGE', ({actual}) => ({memoryKib: Number(actual)})),
  'device-added': domainKind('DOMAIN_EVENT_DEVICE_ADDED', ({devAlias}) => ({device: devAlias})),
  'device-removed': domainKind('DOMAIN_EVENT_DEVICE_REMOVED', ({devAlias}) => ({device: devAlias})),
  'device-removal-failed': domainKind('DOMAIN_EVENT_DEVICE_REMOVAL_FAILED', ({devAlias}) => ({device: devAlias})),
  /** CPU or I/O limits were changed: the new ones, by libvirt's names. */
  tunable: domainKind('DOMAIN_EVENT_TUNABLE', ({params}) => ({values: paramValues(params)})),
  agent: domainKind('DOMAIN_EVENT_AGENT_LIFECYCLE', ({state, reason}) => ({
    state: nameOf(agentStates, state),
    reason: nameOf(agentReasons, reason),
  })),
  'migration-iteration': domainKind('DOMAIN_EVENT_MIGRATION_ITERATION', ({iteration}) => ({iteration})),
  /** Not sent for a migration that failed or was aborted: only the call itself tells of that. */
  'job-completed': domainKind('DOMAIN_EVENT_JOB_COMPLETED', ({params}) => ({stats: jobStats(completedJob, params)})),
  metadata: domainKind('DOMAIN_EVENT_METADATA_CHANGE', ({type, nsuri}) => ({
    what: nameOf(metadataTypes, type),
    uri: nsuri ?? undefined,
  })),
  'block-threshold': domainKind('DOMAIN_EVENT_BLOCK_THRESHOLD', ({dev, path, threshold, excess}) => ({
    disk: dev,
    path: path ?? undefined,
    thresholdBytes: Number(threshold),
    excessBytes: Number(excess),
  })),
  'memory-failure': domainKind('DOMAIN_EVENT_MEMORY_FAILURE', ({recipient, action}) => ({
    recipient: nameOf(memoryFailureRecipients, recipient),
    action: nameOf(memoryFailureActions, action),
  })),
  'memory-device-size': domainKind('DOMAIN_EVENT_MEMORY_DEVICE_SIZE_CHANGE', ({alias, size}) => ({
    device: alias,
    sizeKib: Number(size),
  })),
  /** An event of QEMU's own monitor, as in `SHUTDOWN`, with its data; as text, where that is no JSON. */
  monitor: domainKind('DOMAIN_MONITOR_EVENT', ({event, seconds, micros, details}) => ({
    event,
    at: new Date(Number(seconds) * 1000 + Math.floor(micros / 1000)),
    data: details === null ? undefined : parsed(details),
  })),
  network: kind('NETWORK_EVENT_LIFECYCLE', ({net, event}, link) => ({
    network: new Network(link, net),
    event: nameOf(networkEvents, event),
  })),
  pool: kind('STORAGE_POOL_EVENT_LIFECYCLE', ({pool, event}, link) => ({
    pool: new StoragePool(link, pool),
    event: nameOf(poolEvents, event),
  })),
  'pool-refresh': kind('STORAGE_POOL_EVENT_REFRESH', ({pool}, link) => ({pool: new StoragePool(link, pool)})),
  secret: kind('SECRET_EVENT_LIFECYCLE', ({secret, event}, link) => ({
    secret: new Secret(link, secret),
    event: nameOf(secretEvents, event),
  })),
  /** A device of the host itself: one that was plugged in, or a virtual one that was made. */
  'node-device': kind('NODE_DEVICE_EVENT_LIFECYCLE', ({dev, event}) => ({
    device: dev.name,
    event: nameOf(nodeDeviceEvents, event),
  })),
  'node-device-update': kind('NODE_DEVICE_EVENT_UPDATE', ({dev}) => ({device: dev.name})),
  'secret-value': kind('SECRET_EVENT_VALUE_CHANGED', ({secret}, link) => ({secret: new Secret(link, secret)})),
};

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}

/** The name of a kind of event. */
export type EventKindName = keyof typeof eventKinds;

/** An event of one of these kinds; `kind` says which, and so what else it holds. */
export type EventOf<Kind extends EventKindName> = {
  [K in Kind]: {readonly kind: K} & Readonly<ReturnType<(typeof eventKinds)[K]['read']>>;
}[Kind];

/** Turns a message into the event that callers see. */
export function readEvent<Kind extends EventKindName>(name: Kind, payload: unknown, link: DaemonLink): EventOf<Kind> {
  const {read} = eventKinds[name] as {read: (payload: unknown, link: DaemonLink) => object};
  return {kind: name, ...read(payload, link)} as EventOf<Kind>;
}
