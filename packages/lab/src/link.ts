import {LabError} from './lab-error.ts';
import {controller, type HostRecord, type LabRecord, type LinkSpeed} from './lab-record.ts';
import {inHost, isOn} from './host-power.ts';
import {run, type RunOptions} from './run.ts';

/**
 * Puts a host's cable into the state its record tells: plugged or cut, its rate, its delay. A cut is silent, as if a
 * switch had died: both ends keep their carrier and hear nothing.
 */
export async function applyCable(host: HostRecord, options: RunOptions = {}): Promise<void> {
  if (!isOn(host)) return;
  const state = host.cut ? '0' : '3'; // the bridge's port: disabled, forwarding
  await run('bridge', ['link', 'set', 'dev', host.cable.name, 'state', state], options);
  const queue = queueArguments(host.link);
  await shape(['tc'], host.cable.name, queue, options);
  await shape(inHost(host, ['tc']), 'eth0', queue, options);
}

/**
 * How `tc` is asked for a link's speed; undefined for one without bounds. A rate alone needs only the token bucket,
 * which every kernel has; a delay needs netem.
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
): Promise<void> {
  const [program = 'tc', ...before] = tc;
  if (queue === undefined) {
    const shown = await run(program, [...before, 'qdisc', 'show', 'dev', device, 'root'], options);
    if (!/qdisc (?:tbf|netem)/u.test(shown)) return;
    await run(program, [...before, 'qdisc', 'delete', 'dev', device, 'root'], options);
    return;
  }
  try {
    await run(program, [...before, 'qdisc', 'replace', 'dev', device, 'root', ...queue], options);
  } catch (error) {
    if (queue[0] === 'netem' && error instanceof LabError && error.message.includes('qdisc kind is unknown')) {
      throw new LabError('NO_DELAY', "This machine's kernel cannot delay packets (it has no sch_netem)", {
        hint: 'Set a rate without a delay, or use a kernel with CONFIG_NET_SCH_NETEM, such as Debian’s.',
        cause: error,
      });
    }
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
