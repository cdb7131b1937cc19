import type {TypedParam, TypedValue} from '../wire/typed-param.ts';
import {domainState, type DomainState} from './domain-state.ts';

/** The figures of one domain. A group that was not asked for, or that the domain cannot give, is absent. */
export interface DomainFigures {
  readonly state?: DomainState;
  /** Nanoseconds of CPU time, in all and apart. Bigints: after 104 days they no longer fit into a number. */
  readonly cpu?: {readonly timeNs: bigint; readonly userNs: bigint; readonly systemNs: bigint};
  /** Memory in KiB. */
  readonly balloon?: {readonly currentKib: number; readonly maximumKib: number; readonly rssKib?: number};
  readonly vcpus?: {readonly current: number; readonly maximum: number};
  readonly interfaces?: readonly InterfaceFigures[];
  readonly disks?: readonly DiskFigures[];
  /** Everything, by libvirt's names: `block.0.rd.bytes`. */
  readonly values: Readonly<Record<string, TypedValue>>;
}

export interface InterfaceFigures {
  /** The host's device, as in `vnet0`. */
  readonly name: string;
  readonly received: {
    readonly bytes: number;
    readonly packets: number;
    readonly errors: number;
    readonly dropped: number;
  };
  readonly sent: {readonly bytes: number; readonly packets: number; readonly errors: number; readonly dropped: number};
}

export interface DiskFigures {
  /** The target, as in `vda`. */
  readonly name: string;
  readonly path?: string;
  readonly read: {readonly requests: number; readonly bytes: number; readonly timeNs: bigint};
  readonly written: {readonly requests: number; readonly bytes: number; readonly timeNs: bigint};
  readonly flushed: {readonly requests: number; readonly timeNs: bigint};
  /** Bytes. */
  readonly capacity?: number;
  readonly allocation?: number;
  readonly physical?: number;
}

/** Reads what libvirt sends as one flat list. */
export function domainFigures(params: readonly TypedParam[]): DomainFigures {
  const values: Record<string, TypedValue> = {};
  for (const {field, value} of params) {
    values[field] = value;
  }
  const state = values['state.state'];
  const cpuTime = values['cpu.time'];
  const balloon = values['balloon.current'];
  const rss = optionalNumber(values['balloon.rss']);
  return {
    ...(state !== undefined && {state: domainState(Number(state), Number(values['state.reason'] ?? 0))}),
    ...(cpuTime !== undefined && {
      cpu: {
        timeNs: BigInt(cpuTime),
        userNs: BigInt(values['cpu.user'] ?? 0),
        systemNs: BigInt(values['cpu.system'] ?? 0),
      },
    }),
    ...(balloon !== undefined && {
      balloon: {
        currentKib: Number(balloon),
        maximumKib: Number(values['balloon.maximum'] ?? 0),
        ...(rss !== undefined && {rssKib: rss}),
      },
    }),
    ...(values['vcpu.current'] !== undefined && {
      vcpus: {current: Number(values['vcpu.current']), maximum: Number(values['vcpu.maximum'] ?? 0)},
    }),
    ...(values['net.count'] !== undefined && {
      interfaces: eachOf(values, 'net', at => ({
        name: text(values, `${at}.name`),
        received: traffic(values, `${at}.rx`),
        sent: traffic(values, `${at}.tx`),
      })),
    }),
    ...(values['block.count'] !== undefined && {disks: eachOf(values, 'block', at => diskFigures(values, at))}),
    values,
  };
}

type Values = Readonly<Record<string, TypedValue>>;

function eachOf<T>(values: Values, group: string, read: (at: string) => T): T[] {
  return Array.from({length: Number(values[`${group}.count`])}, (_, index) => read(`${group}.${index}`));
}

function traffic(values: Values, at: string): InterfaceFigures['received'] {
  return {
    bytes: number(values, `${at}.bytes`),
    packets: number(values, `${at}.pkts`),
    errors: number(values, `${at}.errs`),
    dropped: number(values, `${at}.drop`),
  };
}

function diskFigures(values: Values, at: string): DiskFigures {
  const io = (kind: string): DiskFigures['read'] => ({
    requests: number(values, `${at}.${kind}.reqs`),
    bytes: number(values, `${at}.${kind}.bytes`),
    timeNs: BigInt(values[`${at}.${kind}.times`] ?? 0),
  });
  const {requests, timeNs} = io('fl');
  const path = values[`${at}.path`];
  const sizes = ['capacity', 'allocation', 'physical'].flatMap(size => {
    const bytes = optionalNumber(values[`${at}.${size}`]);
    return bytes === undefined ? [] : [[size, bytes] as const];
  });
  return {
    name: text(values, `${at}.name`),
    ...(path !== undefined && {path: String(path)}),
    read: io('rd'),
    written: io('wr'),
    flushed: {requests, timeNs},
    ...Object.fromEntries(sizes),
  };
}

const number = (values: Values, field: string): number => Number(values[field] ?? 0);
const text = (values: Values, field: string): string => String(values[field] ?? '');
const optionalNumber = (value: TypedValue | undefined): number | undefined =>
  value === undefined ? undefined : Number(value);
