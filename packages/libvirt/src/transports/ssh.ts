import {chmod, lstat, mkdir} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {ConnectUri} from '../connect-uri.ts';
import {untilAborted} from '../until-aborted.ts';
import {openCommand} from './command.ts';
import {leaveDeadLogin} from './kept-login.ts';
import type {TransportOptions} from './socket-transport.ts';
import {remoteCommand} from './ssh-command.ts';
import type {Transport} from './transport.ts';

/** A path to a socket may have 107 bytes, of which ssh itself needs 40 for the name and 17 while it makes it. */
const controlFolderBytesMax = 48;
/** How long a login stays open for the next connection. */
const persistSeconds = 60;
/** How long a host may take to accept a connection. */
const connectSeconds = 10;
/** A host that has not answered so many questions, asked so far apart, is taken for dead. */
const aliveSeconds = 5;
const aliveQuestionsMax = 3;

/** Connects through the system's ssh: its configuration, agent, keys, certificates and jump hosts all count. */
export async function openSsh(target: ConnectUri, options: TransportOptions): Promise<Transport> {
  const folder = await controlFolder();
  const [ssh, host, settings] = [target.command ?? 'ssh', target.host ?? 'localhost', sshOptions(target, folder)];
  const open = () =>
    openCommand(ssh, [...settings, '--', host, remoteCommand(target, options)], {
      ...options,
      host: target.host,
      address: `ssh:${target.user === undefined ? '' : `${target.user}@`}${target.host}`,
      confidential: true,
    });
  // The way is made while the kept login is asked whether it still leads anywhere: mostly it does.
  const opened = open();
  if (folder === undefined) return opened;
  try {
    if ((await untilAborted(leaveDeadLogin(ssh, settings, host), options.signal)) !== 'left') return opened;
  } catch (error) {
    opened.destroy();
    throw error;
  }
  opened.destroy();
  return open();
}

/** Arguments of ssh before the host. Without a terminal it must not ask: it fails, and says why. */
export function sshOptions(target: ConnectUri, folder: string | undefined): string[] {
  const {user, port, keyfile, knownHosts, verify, knownHostsVerify} = target;
  const hostKeys = verify ? {normal: undefined, auto: 'accept-new', ignore: 'no'}[knownHostsVerify] : 'no';
  const settings = {
    BatchMode: 'yes',
    ConnectTimeout: String(connectSeconds),
    ServerAliveInterval: String(aliveSeconds),
    ServerAliveCountMax: String(aliveQuestionsMax),
    StrictHostKeyChecking: hostKeys,
    UserKnownHostsFile: knownHosts,
    ...(folder !== undefined && {
      ControlMaster: 'auto',
      ControlPath: `${folder}/%C`,
      ControlPersist: String(persistSeconds),
    }),
  };
  return [
    '-T',
    '-e',
    'none',
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(user === undefined ? [] : ['-l', user]),
    ...(keyfile === undefined ? [] : ['-i', keyfile]),
    ...Object.entries(settings).flatMap(([name, value]) =>
      value === undefined ? [] : ['-o', `${name}=${/\s/.test(value) ? `"${value}"` : value}`],
    ),
  ];
}

/** A folder that only we can enter, for the sockets by which connections share one login; none if that cannot be had. */
async function controlFolder(): Promise<string | undefined> {
  const uid = process.getuid?.();
  const runtime = process.env['XDG_RUNTIME_DIR'] ?? '';
  const candidates = [
    path.join(runtime, 'libvirt-ssh'),
    path.join(tmpdir(), `libvirt-ssh-${uid}`),
    `/tmp/libvirt-ssh-${uid}`,
  ];
  const folder = candidates.find(
    candidate => path.isAbsolute(candidate) && Buffer.byteLength(candidate) <= controlFolderBytesMax,
  );
  if (folder === undefined || uid === undefined) {
    return undefined;
  }
  try {
    await mkdir(folder, {mode: 0o700, recursive: true});
    const found = await lstat(folder);
    if (!found.isDirectory() || found.uid !== uid) {
      return undefined;
    }
    await chmod(folder, 0o700);
    return folder;
  } catch {
    return undefined;
  }
}
