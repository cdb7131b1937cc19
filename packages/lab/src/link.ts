import {applyDelayLine, type DelayLinePlace} from './delay-line.ts';
import {LabError} from './lab-error.ts';
import {controller, type HostRecord, type LabRecord, type LinkSpeed} from './lab-record.ts';
import {inHost, isOn} from './host-power.ts';
import {run, type RunOptions} from './run.ts';

/**
 * Puts a host's cable into the state its record tells: plugged or cut, its rate, its delay. A cut is silent, as if a
 * switch had died: both ends keep their carrier and hear nothing.
 */
export async function applyCable(host: HostRecord, place: DelayLinePlace, options: RunOptions = {}): Promise<void> {
  if (!isOn(host)) return;
  const {rateMbit, delayMs = 0} = host.link;
  const delayed = await shapeBoth(host, queueArguments(host.link), options);
  if (!delayed) await shapeBoth(host, queueArguments({rateMbit}), options);
  await applyDelayLine(host, delayed ? 0 : delayMs, place, options);
  const port = host.delayLine?.port ?? host.cable;
  const state = host.cut ? '0' : '3'; // the bridge's port: disabled, forwarding
  await run('bridge', ['link', 'set', 'dev', port.name, 'state', state], options);
}

/** Both directions. False when that takes netem, and this kernel has none. */
async function shapeBoth(
  host: HostRecord,
  queue: readonly string[] | undefined,
  options: RunOptions,
): Promise<boolean> {
  return (
    (await shape(['tc'], host.cable.name, queue, options)) &&
    (await shape(inHost(host, ['tc']), 'eth0', queue, options))
  );
}

/**
 * How `tc` is asked for a link's speed; undefined for one without bounds. A rate alone needs only the token bucket,
 * which every kernel has; a delay needs netem, or a delay line beside the bucket.
 */
export function queueArguments({rateMbit, delayMs}: LinkSpeed): readonly string[] | undefined {
  if (delayMs !== undefined && delayMs > 0) {
    const rate = rateMbit === undefined ? [] : ['rate', `${rateMbit}mbit`];
    return ['netem', 'delay', `${delayMs}ms`, ...rate, 'limit', '20000'];
  }
  if (rateMbit === undefined) return undefined;
  // A bucket of 10 ms, and never less than one segment the kernel may hand over in one piece.
  const burstBytes = Math.max(128 * 1024, Math.ceil((rateMbit * 1e6) / 8 / 100));
  return ['tbf', 'rate', `${rateMbit}mbit`, 'burst', `${burstBytes}b`, 'latency', '100ms'];
}

async function shape(
  tc: readonly string[],
  device: string,
  queue: readonly string[] | undefined,
  options: RunOptions,
): Promise<boolean> {
  const [program = 'tc', ...before] = tc;
  if (queue === undefined) {
    const shown = await run(program, [...before, 'qdisc', 'show', 'dev', device, 'root'], options);
    if (/qdisc (?:tbf|netem)/u.test(shown)) {
      await run(program, [...before, 'qdisc', 'delete', 'dev', device, 'root'], options);
    }
    return true;
  }
  try {
    await run(program, [...before, 'qdisc', 'replace', 'dev', device, 'root', ...queue], options);
    return true;
  } catch (error) {
    const unknown = error instanceof LabError && error.message.includes('qdisc kind is unknown');
    if (queue[0] === 'netem' && unknown) return false;
    throw error;
  }
}

/** A hardware address that nobody has: what is sent there is lost without a word. */
const nowhere = '02:00:00:00:00:00';

/**
 * Makes two of the lab deaf to each other, or lets them hear each other again: two hosts, or a host and the controller.
 * Each side is told to send the other's packets to a hardware address that does not exist. Guests on the hosts still
 * hear each other: it is the hosts' own traffic (management, migration, copies) that is lost.
 */
export async function applyLinkCut(
  record: LabRecord,
  ends: readonly [string, string],
  cut: boolean,
  options: RunOptions = {},
): Promise<void> {
  const [one, other] = ends.map(name => linkEnd(record, name));
  for (const [here, there] of [
    [one, other],
    [other, one],
  ] as const) {
    if (!here || !there || (here.host && !isOn(here.host))) continue;
    const act = cut
      ? ['ip', 'neighbour', 'replace', there.address, 'lladdr', nowhere, 'nud', 'permanent', 'dev', here.device]
      : ['ip', 'neighbour', 'flush', 'to', there.address, 'nud', 'all', 'dev', here.device];
    const [program = 'ip', ...args] = here.host ? inHost(here.host, act) : act;
    await run(program, args, options);
    if (!cut) {
      const forget = ['ip', 'neighbour', 'delete', there.address, 'dev', here.device];
      const [deleter = 'ip', ...rest] = here.host ? inHost(here.host, forget) : forget;
      await run(deleter, rest, options).catch(() => {}); // flushed already
    }
  }
}

function linkEnd(record: LabRecord, name: string) {
  if (name === controller) return {address: `10.78.${record.index}.1`, device: record.bridge?.name ?? ''};
  const host = record.hosts.find(candidate => candidate.name === name);
  return host && {address: host.address, device: 'br0', host};
}
