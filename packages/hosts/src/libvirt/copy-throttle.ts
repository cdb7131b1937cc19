import type {CallOptions} from '../host.ts';
import {askMonitor, type MonitorLink} from './monitor.ts';
import type {DomainRef} from './read-domain.ts';

/** A job of QEMU's that copies a disk to another host. */
export interface CopyJob {
  readonly device: string;
  /** On request, not because QEMU is busy with something else. */
  readonly paused: boolean;
}

const mebibyte = 1024 ** 2;
const group = 'dr-copy';
const resumeMs = 10_000;
/** libvirt's names for what a migrated disk is written through: the format above, the connection below. */
const formatNode = /^migration-(?<disk>.+)-format$/u;

/**
 * Bounds what a move copies from its disks by a throttle between QEMU's copy jobs and their connection to the target. The
 * guest's own reads and writes do not pass it. A copy job's own speed would not do: QEMU checks it only every 16 MiB,
 * which go out at once. The bound counts requests, of at most 1 MiB of data each: counted in bytes, the holes of
 * a sparse disk would take as long as data. False when there is no throttle and none can be put there.
 */
export async function throttleCopies(
  link: MonitorLink,
  dom: DomainRef,
  {bytesPerSecond, jobs}: {readonly bytesPerSecond: number | undefined; readonly jobs: readonly CopyJob[]},
  options: CallOptions,
): Promise<boolean> {
  const limits = {'iops-total': bytesPerSecond === undefined ? 0 : Math.max(1, Math.round(bytesPerSecond / mebibyte))};
  const ask = (execute: string, args?: object) =>
    askMonitor(link, dom, {execute, ...(args && {arguments: args})}, options);
  if (await ask('qom-set', {path: `/objects/${group}`, property: 'limits', value: limits})) return true;
  if (bytesPerSecond === undefined) return false;
  const disks = await copiedDisks(ask);
  // Changing what lies under a copy job that another thread of QEMU drives is not dared.
  const threads = await ask('query-iothreads');
  if (disks.length === 0 || !Array.isArray(threads) || threads.length > 0) return false;
  if (!(await ask('object-add', {'qom-type': 'throttle-group', id: group, limits}))) return false;
  if (await whilePaused({link, dom, ask}, jobs, async () => allBelow(ask, disks))) return true;
  await ask('object-del', {id: group});
  return false;
}

/** Takes away what a move that has failed left of its throttles, and tells whether there was any. Not while a copy goes on. */
export async function dropThrottles(link: MonitorLink, dom: DomainRef, options: CallOptions): Promise<boolean> {
  const ask = (execute: string, args?: object) =>
    askMonitor(link, dom, {execute, ...(args && {arguments: args})}, options);
  const jobs = await ask('query-block-jobs');
  if (!Array.isArray(jobs) || jobs.length > 0) return false;
  const throttles = (await nodeNames(ask)).filter(name => name.startsWith(`${group}-`));
  for (const name of throttles) {
    const disk = name.slice(group.length + 1);
    await ask('blockdev-del', {'node-name': `migration-${disk}-format`});
    await ask('blockdev-del', {'node-name': name});
    await ask('blockdev-del', {'node-name': `migration-${disk}-storage`});
  }
  const dropped = await ask('object-del', {id: group});
  return throttles.length > 0 || dropped !== undefined;
}

/** The jobs that copy a domain's disks to another host now. */
export async function copyJobs(link: MonitorLink, dom: DomainRef, options: CallOptions): Promise<CopyJob[]> {
  const answer = await askMonitor(link, dom, {execute: 'query-block-jobs'}, options);
  const all = Array.isArray(answer) ? (answer as ReadonlyArray<CopyJob & {readonly type: string}>) : [];
  return all.filter(({type}) => type === 'mirror');
}

/** Lets copies go on that were paused for a throttle by a process that was killed before it could. */
export async function resumeCopies(
  link: MonitorLink,
  dom: DomainRef,
  jobs: readonly CopyJob[],
  options: CallOptions,
): Promise<void> {
  // All of them, whatever becomes of one.
  await Promise.all(
    jobs
      .filter(({paused}) => paused)
      .map(({device}) => askMonitor(link, dom, {execute: 'block-job-resume', arguments: {device}}, options)),
  );
}

type Ask = (execute: string, args?: object) => Promise<unknown>;

/** Each change of what lies under a copy wakes its job, which then sends another 16 MiB at once, unless it is paused. */
async function whilePaused<T>(
  {link, dom, ask}: {readonly link: MonitorLink; readonly dom: DomainRef; readonly ask: Ask},
  jobs: readonly CopyJob[],
  change: () => Promise<T>,
): Promise<T> {
  try {
    for (const {device} of jobs) await ask('block-job-pause', {device});
    return await change();
  } finally {
    // Whatever was called off meanwhile: a copy must not stay as it is now.
    const paused = jobs.map(({device}) => ({device, paused: true}));
    await resumeCopies(link, dom, paused, {signal: AbortSignal.timeout(resumeMs)});
  }
}

async function allBelow(ask: Ask, disks: readonly string[]): Promise<boolean> {
  const taken = await Promise.all(disks.map(disk => putBelow(ask, disk)));
  return taken.every(Boolean);
}

async function putBelow(ask: Ask, disk: string): Promise<boolean> {
  const name = `${group}-${disk}`;
  const format = `migration-${disk}-format`;
  const throttle = {driver: 'throttle', 'node-name': name, 'throttle-group': group, file: `migration-${disk}-storage`};
  if (!(await ask('blockdev-add', throttle))) return false;
  const options = [
    {driver: 'raw', 'node-name': format, file: name, 'read-only': false, discard: 'unmap', 'detect-zeroes': 'unmap'},
  ];
  if (await ask('blockdev-reopen', {options})) return true;
  await ask('blockdev-del', {'node-name': name});
  return false;
}

async function copiedDisks(ask: Ask): Promise<string[]> {
  const names = await nodeNames(ask);
  return names.flatMap(name => formatNode.exec(name)?.groups?.['disk'] ?? []);
}

async function nodeNames(ask: Ask): Promise<string[]> {
  const nodes = await ask('query-named-block-nodes', {flat: true});
  if (!Array.isArray(nodes)) return [];
  return nodes.flatMap((node: {readonly 'node-name'?: unknown}) =>
    typeof node['node-name'] === 'string' ? [node['node-name']] : [],
  );
}
