import {readFile, writeFile} from 'node:fs/promises';
import {basename} from 'node:path';
import type {Lab} from '@dr-toolkit/lab';

const limitFile = '/sys/fs/cgroup/blkio/blkio.throttle.write_bps_device';

/**
 * Lets the kernel carry no more than so much to the disk of a lab's host, whoever writes: one queue, first come, first
 * served. The host's disk is a loop device of its own, so nothing else on this machine is slowed. Returns its undoing.
 */
export async function slowDisk(lab: Lab, host: string, bytesPerSecond: number): Promise<() => Promise<void>> {
  const device = await diskOf(lab, host);
  const number = (await readFile(`/sys/block/${device}/dev`, 'utf8')).trim();
  await writeFile(limitFile, `${number} ${bytesPerSecond}`);
  return () => writeFile(limitFile, `${number} 0`);
}

/** The loop device that a host of a lab keeps its guests' disks on. */
export async function diskOf(lab: Lab, host: string): Promise<string> {
  const {stdout} = await lab.exec(host, ['findmnt', '-no', 'SOURCE', '--target', '/var/lib/libvirt/images']);
  const device = /\/dev\/(?<name>loop\d+)/u.exec(stdout)?.groups?.['name'];
  if (device === undefined) throw new Error(`${host} has no disk of its own: ${stdout}`);
  return basename(device);
}
