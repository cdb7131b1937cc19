import {readFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';

/**
 * One process and no other: a pid is given out again after its process has gone, a pid with the tick it started at is
 * not, within one boot of the machine.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks between the machine's boot and the start of the process: field 22 of /proc/PID/stat. */
  readonly startTicks: number;
  /** /proc/sys/kernel/random/boot_id at that time. */
  readonly bootId: string;
}

/** Names the process that has this pid now; undefined when there is none, or only its zombie. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  try {
    const stat = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return stat.state === 'Z' || stat.state === 'X' ? undefined : {pid, startTicks: stat.startTicks, bootId: bootId()};
  } catch {
    return undefined;
  }
}

/** Reads a line of /proc/PID/stat. The name in it may hold spaces and brackets, so fields count from its last bracket. */
export function parseStat(line: string): {readonly state: string; readonly startTicks: number} {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return {state: fields[0] ?? '', startTicks: Number(fields[19])};
}

export function isAlive(identity: ProcessIdentity): boolean {
  const now = identifyProcess(identity.pid);
  return now !== undefined && now.startTicks === identity.startTicks && now.bootId === identity.bootId;
}

/** Kills exactly that process (SIGKILL) and resolves when it is gone. A pid that belongs to another by now is left alone. */
export async function killProcess(identity: ProcessIdentity, {goneMsMax = 20_000} = {}): Promise<void> {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  const deadline = Date.now() + goneMsMax;
  while (isAlive(identity)) {
    if (Date.now() > deadline) throw new Error(`Process ${identity.pid} does not die`);
    await sleep(10);
  }
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
