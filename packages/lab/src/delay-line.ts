import {spawn, type ChildProcessByStdio} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {readdir, readFile, rm} from 'node:fs/promises';
import {extname, join} from 'node:path';
import {createInterface} from 'node:readline';
import type {Readable, Writable} from 'node:stream';
import {macFrom} from './addresses.ts';
import {removeDevice} from './bridge.ts';
import {insideHost, isOn, nextLine} from './host-power.ts';
import {LabError} from './lab-error.ts';
import type {HostRecord} from './lab-record.ts';
import {identifyProcess, isAlive, killProcess} from './process-identity.ts';
import {run, type RunOptions} from './run.ts';

/**
 * A delay for kernels without netem. The host's cable is taken out of the bridge, a second pair takes its place there,
 * and a process carries frames between the two, late:
 *
 *     host eth0 ==== CABLE - CABLEa ~ process ~ CABLEd - CABLEc ==== CABLEb in the bridge
 *
 * CABLEa and CABLEd are macvtaps: they hand over whole segments with their checksums still to be done, as the hosts made
 * them, so that a slow process can carry a fast link.
 */
export interface DelayLine {
  readonly delayMs: number;
  /** What is in the bridge instead of the cable. It takes CABLEc and CABLEd along when it goes. */
  readonly port: {readonly name: string; readonly mac: string};
  /** Absent until it was started. */
  process?: ReturnType<typeof identifyProcess>;
}

export interface DelayLinePlace {
  readonly bridge: string;
  /** Puts the host's record on disk. */
  readonly save: () => Promise<void>;
}

/** Gives a host's cable that delay, or takes it away (0). What is on its way meanwhile is lost. */
export async function applyDelayLine(
  host: HostRecord,
  delayMs: number,
  place: DelayLinePlace,
  options: RunOptions,
): Promise<void> {
  const line = host.delayLine;
  if (!line && delayMs === 0) return;
  if (line?.delayMs === delayMs && line.process && isAlive(line.process)) return;
  if (line) await unplug(host, place);
  if (delayMs === 0) return;
  try {
    await plugIn(host, delayMs, place, options);
  } catch (error) {
    await unplug(host, place);
    options.signal?.throwIfAborted();
    throw noDelay(host, error);
  }
}

function noDelay({name}: HostRecord, cause: unknown): LabError {
  const why = cause instanceof Error ? cause.message : String(cause);
  if (/type macvtap.*(?:Unknown device type|not supported)/su.test(why)) {
    return new LabError('NO_DELAY', "This machine's kernel has no sch_netem, and no macvtap to do without", {
      hint: 'Set a rate without a delay, or use a kernel with CONFIG_NET_SCH_NETEM or CONFIG_MACVTAP, such as Debian’s.',
      cause,
    });
  }
  return new LabError('NO_DELAY', `The link of ${name} cannot be given a delay: ${why}`, {
    hint: 'Set a rate without a delay, or use a kernel with CONFIG_NET_SCH_NETEM, such as Debian’s.',
    cause,
  });
}

/** Removes all of a host's delay line that there is; the cable stays as it is. */
export async function removeDelayLine(host: HostRecord): Promise<void> {
  const line = host.delayLine;
  if (!line) return;
  if (line.process) await killProcess(line.process);
  await removeDevice({name: `${host.cable.name}a`, mac: host.cable.mac});
  await removeDevice(line.port);
  delete host.delayLine;
}

async function unplug(host: HostRecord, {bridge, save}: DelayLinePlace): Promise<void> {
  await removeDelayLine(host);
  if (isOn(host)) await run('ip', ['link', 'set', host.cable.name, 'master', bridge, 'up']);
  await save();
}

async function plugIn(
  host: HostRecord,
  delayMs: number,
  {bridge, save}: DelayLinePlace,
  options: RunOptions,
): Promise<void> {
  const {name: cable} = host.cable;
  const [hostTap, port, peer, bridgeTap] = ['a', 'b', 'c', 'd'].map(end => `${cable}${end}`) as [
    string,
    string,
    string,
    string,
  ];
  const line: DelayLine = {delayMs, port: {name: port, mac: macFrom(randomBytes(3))}};
  host.delayLine = line;
  await save();
  // In the host's own /run: the folder of labs may lie where no device can be opened (nodev), as on many a /tmp.
  const nodes = [insideHost(host, '/run/tap-host'), insideHost(host, '/run/tap-bridge')] as const;
  const carrier = startCarrier(delayMs, nodes);
  try {
    line.process = identifyProcess(carrier.pid ?? -1);
    await save();
    const ip = (...args: readonly string[]) => run('ip', ['link', ...args], options);
    await ip('add', 'name', port, 'address', line.port.mac, 'type', 'veth', 'peer', 'name', peer);
    await ip('set', port, 'master', bridge, 'up');
    // Outside of a bridge this machine would answer on them for its own addresses.
    await ip('set', peer, 'arp', 'off', 'up');
    await ip('set', cable, 'arp', 'off', 'nomaster');
    for (const [tap, lower, node] of [
      [hostTap, cable, nodes[0]],
      [bridgeTap, peer, nodes[1]],
    ] as const) {
      await ip('add', 'link', lower, 'name', tap, 'type', 'macvtap', 'mode', 'passthru');
      await ip('set', tap, 'up');
      await rm(node, {force: true});
      await run('mknod', [node, 'c', ...(await deviceNumber(tap))], options);
    }
    const lines = createInterface({input: carrier.stdout})[Symbol.asyncIterator]();
    carrier.stdin.end('go\n');
    if ((await nextLine(lines, options.signal)) !== 'up') throw new Error('It could not open the tap devices');
  } catch (error) {
    carrier.kill('SIGKILL');
    throw error;
  } finally {
    carrier.stdin.destroy();
    carrier.stdout.destroy();
    carrier.unref();
  }
}

/** It makes nothing of its own, and ends when nobody tells it to go on. */
function startCarrier(delayMs: number, nodes: readonly string[]): ChildProcessByStdio<Writable, Readable, null> {
  const program = join(import.meta.dirname, `delay-line-program${extname(import.meta.filename)}`);
  // Not execa: this child is to outlive us, and nobody waits for its result.
  const carrier = spawn(process.execPath, ['--no-warnings', program, String(delayMs), ...nodes], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
    env: {},
  });
  carrier.on('error', () => {}); // told by the missing first line
  carrier.stdin.on('error', () => {});
  return carrier;
}

/** Major and minor number of the file through which frames of a macvtap are read and written. */
async function deviceNumber(tap: string): Promise<readonly string[]> {
  const folder = `/sys/class/net/${tap}/macvtap`;
  const [name = ''] = await readdir(folder);
  return (await readFile(join(folder, name, 'dev'), 'utf8')).trim().split(':');
}
