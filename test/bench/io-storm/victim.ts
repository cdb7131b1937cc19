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

export interface VictimWrite {
  /** When it began, by this machine's clock, to about 0.1 s. */
  readonly atMs: number;
  readonly waitMs: number;
}

/** Watches what a guest waits for its small safe writes, from inside of it. */
export async function watchVictim(lab: Lab, host: string, guest: GuestRecord): Promise<() => Promise<VictimWrite[]>> {
  const inGuest = async (script: string) => {
    const command = {execute: 'guest-exec', arguments: {path: '/bin/sh', arg: ['-c', script]}};
    const done = await lab.exec(host, ['virsh', 'qemu-agent-command', guest.name, JSON.stringify(command)]);
    if (done.exitCode !== 0) throw new Error(done.stderr);
  };
  await inGuest(`touch /run/stop; sleep 1; rm -f /run/www/probe; ${program}`);
  return async () => {
    await inGuest("printf '<7>probe stops\\n' > /dev/kmsg; touch /run/stop");
    const stopMs = Date.now();
    for (;;) {
      const answer = await fetch(`http://${guest.address}/probe`, {signal: AbortSignal.timeout(10_000)}).catch(
        () => undefined,
      );
      const text = answer?.ok ? await answer.text() : '';
      if (text !== '') return writesIn(text, stopMs);
      await sleep(500);
    }
  };
}

function writesIn(log: string, stopMs: number): VictimWrite[] {
  const entries = Array.from(
    log.matchAll(/^\[ *(?<at>[\d.]+)\] probe (?<what>begins|ended|stops)$/gmu),
    ({groups}) => ({
      atMs: Number(groups?.['at']) * 1000,
      what: groups?.['what'],
    }),
  );
  const offsetMs = stopMs - (entries.find(({what}) => what === 'stops')?.atMs ?? Number.NaN);
  const writes: VictimWrite[] = [];
  let began: number | undefined;
  for (const {atMs, what} of entries) {
    if (what === 'begins') began = atMs;
    else if (what === 'ended' && began !== undefined) writes.push({atMs: began + offsetMs, waitMs: atMs - began});
  }
  return writes;
}
