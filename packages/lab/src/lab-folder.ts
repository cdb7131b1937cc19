import {homedir} from 'node:os';
import {join, resolve} from 'node:path';
import {LabError} from './lab-error.ts';

/** Where everything of one lab lies. Paths are short: a unix socket's path may have 107 bytes. */
export interface LabFolder {
  readonly path: string;
  readonly record: string;
  readonly estate: string;
  readonly key: string;
  readonly knownHosts: string;
  host(name: string): HostFolder;
  /** Where a guest's disk is made. No host's folder: a host's name has no dot. */
  scratch(guest: string): string;
}

export interface HostFolder {
  readonly path: string;
  /** The file behind the host's disk. */
  readonly disk: string;
  /** /root, /etc/ssh and single files of /etc, as the host sees them. */
  readonly root: string;
  readonly ssh: string;
  readonly etc: string;
  readonly bootScript: string;
  readonly bootLog: string;
}

/**
 * The folder that holds all labs of this machine: `DR_LAB_DIR`, or /var/tmp/dr-lab. Its path goes into scripts and
 * sshd's configuration as it is, and is read there from other working directories.
 * @throws {LabError} `BAD_NAME`
 */
export function labsFolder(env: NodeJS.ProcessEnv = process.env): string {
  const path = resolve(env['DR_LAB_DIR'] || '/var/tmp/dr-lab');
  if (/^[\p{L}\p{N}/._@-]+$/u.test(path)) return path;
  throw new LabError('BAD_NAME', `Labs cannot lie in "${path}"`, {
    hint: 'Set DR_LAB_DIR to a path of letters, digits, dashes, dots and slashes.',
  });
}

/**
 * Root runs what lies in the folder of labs: nobody else may own it, or write to it without a sticky bit. Whom root is by
 * `sudo` may.
 * @throws {LabError} `LAB_REFUSED`
 */
export function requireOwn(
  path: string,
  {uid, mode}: {readonly uid: number; readonly mode: number},
  env: NodeJS.ProcessEnv = process.env,
): void {
  const own = [0, process.getuid?.(), Number(env['SUDO_UID'] ?? 0)].includes(uid);
  const open = (mode & 0o002) !== 0 && (mode & 0o1000) === 0;
  if (own && !open) return;
  const why = own ? 'others may write to it' : `it belongs to user ${uid}`;
  throw new LabError('LAB_REFUSED', `Labs cannot lie in ${path}: ${why}, and root runs what lies there`, {
    hint: own ? `Take that away (chmod o-w ${path}), or set DR_LAB_DIR.` : 'Set DR_LAB_DIR to a folder of your own.',
  });
}

/** Where built kernels and guests are kept between labs: `XDG_CACHE_HOME` or ~/.cache, then dr-lab. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'dr-lab');
}

/** @throws {LabError} `BAD_NAME` */
export function labFolder(name: string, env: NodeJS.ProcessEnv = process.env): LabFolder {
  requireName('lab', name);
  const path = join(labsFolder(env), name);
  return {
    path,
    record: join(path, 'lab.json'),
    estate: join(path, 'dr.yaml'),
    key: join(path, 'key'),
    knownHosts: join(path, 'known_hosts'),
    host(host) {
      const folder = join(path, host);
      return {
        path: folder,
        disk: join(folder, 'disk.img'),
        root: join(folder, 'root'),
        ssh: join(folder, 'ssh'),
        etc: join(folder, 'etc'),
        bootScript: join(folder, 'boot.sh'),
        bootLog: join(folder, 'boot.log'),
      };
    },
    scratch: guest => join(path, `scratch.${guest}`),
  };
}

/** What is somebody else already, in the lab's list of hosts or in its folder. */
const takenNames: ReadonlyMap<string, string> = new Map([
  ['controller', 'the machine that runs the lab'],
  ['localhost', 'every host itself'],
  ['key', "the file with the lab's key"],
]);

/**
 * Names go into host names, paths and scripts: letters, digits and dashes, as in a host name.
 * @throws {LabError} `BAD_NAME`
 */
export function requireName(what: 'lab' | 'host', name: string): void {
  const owner = what === 'host' ? takenNames.get(name) : undefined;
  if (owner !== undefined) {
    throw new LabError('BAD_NAME', `"${name}" is ${owner}`, {hint: 'Choose another name for the host.'});
  }
  if (what === 'host' && /^(?:\d+|0x[0-9a-f]*)$/u.test(name)) {
    throw new LabError('BAD_NAME', `"${name}" is a number, which ssh takes for an address`, {
      hint: 'Begin the name of the host with a letter.',
    });
  }
  const long = what === 'lab' ? 20 : 30;
  if (/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/u.test(name) && name.length <= long) return;
  throw new LabError('BAD_NAME', `"${name}" cannot be the name of a ${what}`, {
    hint: `Use at most ${long} small letters, digits and dashes, with a letter or digit at both ends.`,
  });
}

/** The folder of labs is root's alone, as a lab's key lies in it. */
export function onlyRoot(path: string, cause: unknown): LabError {
  return new LabError('LAB_REFUSED', `Only root can look into ${path}`, {
    hint: 'Run it as root: sudo dr lab status',
    cause,
  });
}
