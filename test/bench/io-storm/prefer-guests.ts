import {execFile} from 'node:child_process';
import {readdir, readFile, writeFile} from 'node:fs/promises';
import {promisify} from 'node:util';
import type {GuestRecord, Lab} from '@dr-toolkit/lab';

const run = promisify(execFile);
const autogroups = '/proc/sys/kernel/sched_autogroup_enabled';

/**
 * Lets some guests have the processor before all others, and the kernel's own threads before the other guests and the
 * daemons that start them: what those few still wait for is the disk. Ten emulated guests, and what moves them, want
 * more processor than a machine of two has. Returns its undoing, as far as it outlives the lab.
 */
export async function preferGuests(
  lab: Lab,
  hosts: readonly string[],
  preferred: readonly GuestRecord[],
): Promise<() => Promise<void>> {
  const first = new Set(preferred.map(({uuid}) => uuid));
  const all = new Set((await lab.guests()).map(({uuid}) => uuid));
  for (const pid of await readdir('/proc')) {
    const words = /^\d+$/u.test(pid)
      ? (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0')
      : [];
    if (!words[0]?.includes('qemu-system')) continue;
    if (words.some(word => first.has(word))) await run('chrt', ['--rr', '--all-tasks', '--pid', '1', pid]);
    else if (words.some(word => all.has(word))) await run('renice', ['-n', '10', '-p', ...(await threadsOf(pid))]);
  }
  // The guests that a daemon starts come after others as it does itself.
  const later = 'for t in /proc/$(cat /run/libvirt/libvirtd.pid)/task/*; do renice -n 10 -p ${t##*/}; done';
  for (const host of hosts) await lab.exec(host, ['sh', '-c', later]);
  // With groups for each session, that would count within a session alone.
  const before = await readFile(autogroups, 'utf8');
  await writeFile(autogroups, '0');
  return () => writeFile(autogroups, before);
}

async function threadsOf(pid: string): Promise<string[]> {
  return readdir(`/proc/${pid}/task`);
}
