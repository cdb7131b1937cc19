import {setTimeout as sleep} from 'node:timers/promises';
import type {GuestRecord, Lab} from '@dr-toolkit/lab';

/**
 * Writes a few bytes to its disk about fifteen times a second, and tells the kernel's log before and after each: its
 * times are the finest that a shell can have. The log has room for about two thousand writes.
 */
const program = `
echo on > /proc/sys/kernel/printk_devkmsg
: > /data/probe
exec 9<> /run/tick
exec 8> /dev/kmsg
rm -f /run/stop
dmesg -c > /run/before
while [ ! -e /run/stop ]; do
  printf '<7>probe begins\\n' >&8
  printf 'probe\\n' 1<> /data/probe
  printf '<7>probe ended\\n' >&8
  read -t 0.05 -u 9 nothing
done
dmesg -s 1000000 > /run/www/writing
mv /run/www/writing /run/www/probe
`;

/** Watches what a guest waits for its small safe writes, in ms, from inside of it. */
export async function watchVictim(lab: Lab, host: string, guest: GuestRecord): Promise<() => Promise<number[]>> {
  const inGuest = async (script: string) => {
    const command = {execute: 'guest-exec', arguments: {path: '/bin/sh', arg: ['-c', script]}};
    const done = await lab.exec(host, ['virsh', 'qemu-agent-command', guest.name, JSON.stringify(command)]);
    if (done.exitCode !== 0) throw new Error(done.stderr);
  };
  await inGuest(`rm -f /run/www/probe; ${program}`);
  return async () => {
    await inGuest('touch /run/stop');
    for (;;) {
      const answer = await fetch(`http://${guest.address}/probe`, {signal: AbortSignal.timeout(10_000)}).catch(
        () => undefined,
      );
      const text = answer?.ok ? await answer.text() : '';
      if (text !== '') return waitsMs(text);
      await sleep(500);
    }
  };
}

function waitsMs(log: string): number[] {
  const waits: number[] = [];
  let began: number | undefined;
  for (const {groups} of log.matchAll(/^\[ *(?<at>[\d.]+)\] probe (?<what>begins|ended)$/gmu)) {
    const atMs = Number(groups?.['at']) * 1000;
    if (groups?.['what'] === 'begins') began = atMs;
    else if (began !== undefined) waits.push(atMs - began);
  }
  return waits;
}
