import {spawn, type ChildProcessByStdio} from 'node:child_process';
import {mkdir, open, readFile, truncate, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import type {Readable, Writable} from 'node:stream';
import type {LabAddresses} from './addresses.ts';
import {bootScript, hostsFile, libvirtdConf, qemuConf, shadowFile, sshdConfig, withQemuAccount} from './host-files.ts';
import {LabError} from './lab-error.ts';
import type {LabFolder} from './lab-folder.ts';
import type {HostRecord} from './lab-record.ts';
import {identifyProcess, isAlive, killProcess} from './process-identity.ts';
import {run, type RunOptions} from './run.ts';

/** Writes what a host boots from: its files, and its disk when it has none yet. */
export async function furnishHost(
  lab: LabAddresses,
  host: HostRecord,
  hosts: readonly HostRecord[],
  folder: LabFolder,
  options: RunOptions,
): Promise<void> {
  const own = folder.host(host.name);
  for (const path of [own.etc, join(own.path, 'disk')]) await mkdir(path, {recursive: true, mode: 0o755});
  await Promise.all([
    writeFile(join(own.etc, 'libvirtd.conf'), libvirtdConf(host)),
    writeFile(join(own.etc, 'qemu.conf'), qemuConf(host)),
    writeFile(join(own.etc, 'no-kvm'), '', {mode: 0}),
    writeFile(join(own.etc, 'hosts'), hostsFile(lab, hosts)),
    writeFile(join(own.etc, 'passwd'), withQemuAccount('passwd', await readFile('/etc/passwd', 'utf8'))),
    writeFile(join(own.etc, 'group'), withQemuAccount('group', await readFile('/etc/group', 'utf8'))),
    writeFile(join(own.etc, 'shadow'), shadowFile(await readFile('/etc/shadow', 'utf8')), {mode: 0o600}),
    writeFile(join(own.ssh, 'sshd_config'), sshdConfig(own)),
    writeFile(own.bootScript, bootScript(lab, host, own)),
    makeDisk(own.disk, host.diskMib, options),
  ]);
}

async function makeDisk(path: string, sizeMib: number, options: RunOptions): Promise<void> {
  await (await open(path, 'wx', 0o600)).close();
  await truncate(path, sizeMib * 1024 * 1024);
  await run('mke2fs', ['-q', '-F', '-t', 'ext4', '-m', '0', '-E', 'lazy_itable_init=1,nodiscard', path], options);
}

/**
 * Starts a host: its namespaces, its cable to the lab's bridge, sshd and libvirtd. `save` must have put the host's
 * record on disk when it resolves; pid 1 does nothing before.
 * @throws {LabError} `HOST_FAILED` with the last lines of its boot log.
 */
export async function powerOnHost(
  host: HostRecord,
  bridge: string,
  folder: LabFolder,
  save: () => Promise<void>,
  {signal}: RunOptions = {},
): Promise<void> {
  if (host.processes && (isAlive(host.processes.init) || isAlive(host.processes.supervisor))) return;
  const own = folder.host(host.name);
  const log = await open(own.bootLog, 'w', 0o600);
  // Not execa: this child is to outlive us, and nobody waits for its result.
  const supervisor = spawn(
    'unshare',
    ['--mount', '--uts', '--net', '--pid', '--fork', '--kill-child=KILL', '--', '/bin/sh', own.bootScript],
    {stdio: ['pipe', 'pipe', log.fd], detached: true},
  ) as ChildProcessByStdio<Writable, Readable, null>;
  supervisor.on('error', () => {}); // told by the missing first line
  supervisor.stdin.on('error', () => {});
  await log.close();
  try {
    const lines = createInterface({input: supervisor.stdout})[Symbol.asyncIterator]();
    const initPid = Number((await nextLine(lines, signal))?.split(' ')[1]);
    const supervisorProcess = identifyProcess(supervisor.pid ?? -1);
    const initProcess = identifyProcess(initPid);
    if (!supervisorProcess || !initProcess) throw new Error('its namespaces could not be made');
    host.processes = {supervisor: supervisorProcess, init: initProcess};
    host.wanted = 'off'; // until it has booted: without us it ends half-way
    await save();

    const cable = ['link', 'add', 'name', host.cable.name, 'address', host.cable.mac, 'type', 'veth'];
    await run('ip', [...cable, 'peer', 'name', 'eth0', 'netns', String(initPid)], {signal});
    await run('ip', ['link', 'set', host.cable.name, 'master', bridge, 'up'], {signal});
    supervisor.stdin.end('go\n');
    if ((await nextLine(lines, signal)) !== 'up') throw new Error('it ended while it booted');
    host.wanted = 'on';
    await save();
    supervisor.stdout.destroy();
    supervisor.unref();
  } catch (error) {
    supervisor.stdin.destroy();
    supervisor.kill('SIGKILL');
    signal?.throwIfAborted();
    const text = await readFile(own.bootLog, 'utf8').catch(() => '');
    const lastWords = text.trimEnd().split('\n').slice(-3).join(' / ');
    throw new LabError('HOST_FAILED', `${host.name} did not come up: ${lastWords || (error as Error).message}`, {
      hint: `Read ${own.bootLog}, where the lab is still there.`,
      cause: error,
    });
  }
}

/** The next line that a child says; undefined when it has ended. */
export async function nextLine(
  lines: AsyncIterator<string>,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  signal?.throwIfAborted();
  const {promise: aborted, reject} = Promise.withResolvers<never>();
  const onAbort = () => reject(signal?.reason as Error);
  signal?.addEventListener('abort', onAbort, {once: true});
  try {
    const {done, value} = await Promise.race([lines.next(), aborted]);
    return done ? undefined : value;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Pulls the plug: every process of the host dies at once, its disk stays as it was at that moment. */
export async function powerOffHost(host: HostRecord): Promise<void> {
  if (host.processes) {
    await killProcess(host.processes.init);
    await killProcess(host.processes.supervisor);
  }
}

/** True while the host's pid 1 lives. */
export function isOn(host: HostRecord): boolean {
  return host.processes !== undefined && isAlive(host.processes.init);
}

/** The host's own view of a path ("/var/lib/libvirt/images"), as a path of the machine. */
export function insideHost(host: HostRecord, path: string): string {
  return join(`/proc/${hostPid(host)}/root`, path);
}

/** Program and arguments that run something inside the host, as root. */
export function inHost(host: HostRecord, argv: readonly string[]): readonly [string, ...string[]] {
  const namespaces = ['--mount', '--uts', '--net', '--pid'];
  const environment = [
    'HOME=/root',
    'USER=root',
    'LOGNAME=root',
    'LANG=C.UTF-8',
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  ];
  const target = ['--target', String(hostPid(host)), ...namespaces, '--wd=/root'];
  return ['nsenter', ...target, '--', 'env', '-i', ...environment, ...argv];
}

/** @throws {LabError} `HOST_OFF` */
function hostPid(host: HostRecord): number {
  if (host.processes && isAlive(host.processes.init)) return host.processes.init.pid;
  throw new LabError('HOST_OFF', `${host.name} is off`, {hint: `Switch it on: dr lab power-on ${host.name}`});
}
