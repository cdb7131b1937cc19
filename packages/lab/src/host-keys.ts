import {chmod, copyFile, mkdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {LabFolder} from './lab-folder.ts';
import type {HostRecord} from './lab-record.ts';
import {run, type RunOptions} from './run.ts';

/**
 * One key opens every host of a lab as root, for the controller (the lab folder's `key` and `known_hosts`) and for the
 * hosts among themselves. Each host has a host key of its own, known to all by name and by address.
 */
export async function writeHostKeys(
  folder: LabFolder,
  hosts: readonly HostRecord[],
  options: RunOptions,
): Promise<void> {
  await makeKey(folder.key, 'dr-lab', options);
  const known = await Promise.all(
    hosts.map(async host => {
      const {ssh} = folder.host(host.name);
      await mkdir(ssh, {recursive: true, mode: 0o700});
      const key = join(ssh, 'ssh_host_ed25519_key');
      await makeKey(key, host.name, options);
      const [type, text] = (await readFile(`${key}.pub`, 'utf8')).split(' ');
      return `${host.name},${host.address} ${type} ${text}\n`;
    }),
  );
  await writeFile(folder.knownHosts, known.join(''), {mode: 0o600});
  await Promise.all(hosts.map(host => furnishRoot(folder, host)));
}

async function makeKey(path: string, comment: string, options: RunOptions): Promise<void> {
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', path], options);
}

async function furnishRoot(folder: LabFolder, host: HostRecord): Promise<void> {
  const {root} = folder.host(host.name);
  const ssh = join(root, '.ssh');
  await mkdir(ssh, {recursive: true, mode: 0o700});
  await chmod(root, 0o700);
  await copyFile(folder.key, join(ssh, 'id_ed25519'));
  await chmod(join(ssh, 'id_ed25519'), 0o600);
  await copyFile(`${folder.key}.pub`, join(ssh, 'authorized_keys'));
  await copyFile(folder.knownHosts, join(ssh, 'known_hosts'));
  await writeFile(join(ssh, 'config'), 'Host *\n  BatchMode yes\n  StrictHostKeyChecking yes\n', {mode: 0o600});
}
