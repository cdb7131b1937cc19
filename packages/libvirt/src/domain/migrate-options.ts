import type {CallOptions} from '../daemon-link.ts';
import {typedParams, type TypedParam} from '../wire/typed-param.ts';
import type {MigrateFlag} from './domain-flags.ts';

/** How a domain is moved. Flags and parameters a daemon is too old to know are refused with `INVALID_ARG`. */
export interface MigrateOptions extends CallOptions {
  /** `live` keeps the guest running; `non-shared-disk` copies its disks; `persist-dest` and `undefine-source` move the definition. */
  readonly flags?: readonly MigrateFlag[] | undefined;
  /** The name on the target, where it is to be another one. */
  readonly destinationName?: string | undefined;
  /** The definition of the running domain on the target: only what the guest cannot see may differ. */
  readonly destinationXml?: string | undefined;
  /** The definition that is kept on the target for the next start. */
  readonly persistentXml?: string | undefined;
  /** Where the source's hypervisor sends to, when the target's host name does not do: `tcp://10.0.0.2`. */
  readonly migrateUri?: string | undefined;
  readonly graphicsUri?: string | undefined;
  /** The address the target's hypervisor listens at. */
  readonly listenAddress?: string | undefined;
  /** Which disks to copy, by target (`vda`). Without it libvirt copies all that are neither read-only nor shared. */
  readonly disks?: readonly string[] | undefined;
  readonly disksPort?: number | undefined;
  readonly disksUri?: string | undefined;
  /** Disks whose zeros are looked for, and not sent. libvirt 10.9 or later. */
  readonly disksDetectZeroes?: readonly string[] | undefined;
  readonly mibPerSecondMax?: number | undefined;
  readonly postcopyMibPerSecondMax?: number | undefined;
  /** Methods of compression, with the flag `compressed`. */
  readonly compression?: readonly string[] | undefined;
  /** How much of its CPU time a guest that writes too fast loses at first, in percent, with the flag `auto-converge`. */
  readonly autoConvergeInitial?: number | undefined;
  readonly autoConvergeIncrement?: number | undefined;
  /** How many connections carry memory, with the flag `parallel`. */
  readonly parallelConnections?: number | undefined;
  /** The name in the target's certificate, with the flag `tls`. */
  readonly tlsDestination?: string | undefined;
  /**
   * How long to go on asking a target that went away at the very end of `migrateTo` whether it has the domain, in
   * milliseconds. Default 30,000.
   */
  readonly outcomeMsMax?: number | undefined;
}

/** The type that libvirt insists on, by parameter. */
const paramTypes = {
  destination_name: 'string',
  destination_xml: 'string',
  persistent_xml: 'string',
  migrate_uri: 'string',
  graphics_uri: 'string',
  listen_address: 'string',
  migrate_disks: 'string[]',
  disks_port: 'int',
  disks_uri: 'string',
  migrate_disks_detect_zeroes: 'string[]',
  bandwidth: 'ullong',
  'bandwidth.postcopy': 'ullong',
  compression: 'string[]',
  'auto_converge.initial': 'int',
  'auto_converge.increment': 'int',
  'parallel.connections': 'int',
  'tls.destination': 'string',
} as const;

/** The options as libvirt's typed parameters. */
export function migrateParams(options: MigrateOptions): TypedParam[] {
  return typedParams(paramTypes, {
    destination_name: options.destinationName,
    destination_xml: options.destinationXml,
    persistent_xml: options.persistentXml,
    migrate_uri: options.migrateUri,
    graphics_uri: options.graphicsUri,
    listen_address: options.listenAddress,
    migrate_disks: options.disks,
    disks_port: options.disksPort,
    disks_uri: options.disksUri,
    migrate_disks_detect_zeroes: options.disksDetectZeroes,
    bandwidth: options.mibPerSecondMax,
    'bandwidth.postcopy': options.postcopyMibPerSecondMax,
    compression: options.compression,
    'auto_converge.initial': options.autoConvergeInitial,
    'auto_converge.increment': options.autoConvergeIncrement,
    'parallel.connections': options.parallelConnections,
    'tls.destination': options.tlsDestination,
  });
}
