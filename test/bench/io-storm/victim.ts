import {setTimeout as sleep} from 'node:timers/promises';
import type {GuestRecord, Lab} from '@dr-toolkit/lab';

/** Writes a few bytes to its disk about fifteen times a second, and notes when each write began and was safe. */
const program = `
: > /data/probe
: > /run/probe
exec 9<> /run/tick
rm -f /run/stop
while [ ! -e /run/stop ]; do
  read began rest < /proc/uptime
  printf 'probe\\n' 1<> /data/probe
  read ended rest < /proc/uptime
  echo $began $ended >> /run/probe
  read -t 0.05 -u 9 nothing
done
cp /run/probe /run/www/probe
`;

/** Watches what a guest waits for its small safe writes, from inside of it; its clock ticks in steps of 10 ms. */
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
      if (text !== '') return text.trim().split('\n').map(waitMs);
      await sleep(500);
    }
  };
}

function waitMs(line: string): number {
  const [began = Number.NaN, ended = Number.NaN] = line.split(' ').map(Number);
  return Math.round((ended - began) * 1000);
}
