import {existsSync} from 'node:fs';
import {createConnection} from 'node:net';
import path from 'node:path';
import {homedir} from 'node:os';
import type {ConnectUri} from '../connect-uri.ts';
import {socketTransport, type TransportOptions} from './socket-transport.ts';
import type {Transport} from './transport.ts';

/** Drivers that have a daemon of their own on hosts that run modular daemons. */
const modularDaemons: Readonly<Record<string, string>> = {
  qemu: 'virtqemud',
  lxc: 'virtlxcd',
  xen: 'virtxend',
  ch: 'virtchd',
};

/** Connects to a daemon on this machine. */
export function openUnix(target: ConnectUri, options: TransportOptions): Promise<Transport> {
  const socketPath = target.socket ?? localSocket(target, options.readOnly);
  return socketTransport(reading => createConnection({path: socketPath, ...reading}), {
    ...options,
    address: `unix:${socketPath}`,
    confidential: true,
    host: target.host,
    hint: `Start the daemon behind ${socketPath}, or name its socket: ?socket=/path/to/libvirt-sock.`,
    hintWhenDenied: `Become root, or a member of the group that may use ${socketPath}; mostly that is libvirt.`,
  });
}

/** Paths at which the daemon may listen on its host, the likeliest first. */
export function socketPaths({driver, mode}: ConnectUri, runtimeFolder: string, readOnly: boolean): string[] {
  const suffix = readOnly ? '-sock-ro' : '-sock';
  const modular = modularDaemons[driver];
  const direct = modular === undefined || mode === 'legacy' ? [] : [`${runtimeFolder}/${modular}${suffix}`];
  return mode === 'direct' && modular !== undefined ? direct : [...direct, `${runtimeFolder}/libvirt${suffix}`];
}

function localSocket(target: ConnectUri, readOnly: boolean): string {
  const folder = target.session ? path.join(sessionRuntimeFolder(), 'libvirt') : '/run/libvirt';
  // A daemon of one user has no socket for readers.
  const paths = socketPaths(target, folder, readOnly && !target.session);
  return paths.find(candidate => existsSync(candidate)) ?? paths.at(-1) ?? folder;
}

function sessionRuntimeFolder(): string {
  const named = process.env['XDG_RUNTIME_DIR'];
  if (named !== undefined && named !== '') {
    return named;
  }
  const usual = `/run/user/${process.getuid?.() ?? 0}`;
  return existsSync(usual) ? usual : path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'));
}
