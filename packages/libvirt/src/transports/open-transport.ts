import type {ConnectUri, TransportName} from '../connect-uri.ts';
import type {TransportOptions} from './socket-transport.ts';
import {openTcp} from './tcp.ts';
import {openTls} from './tls.ts';
import type {Transport} from './transport.ts';
import {openUnix} from './unix.ts';

type Open = (target: ConnectUri, options: TransportOptions) => Transport | Promise<Transport>;

/** What starts a program is loaded when it is wanted: loading it takes longer than opening a socket. */
const openSsh: Open = async (target, options) => (await import('./ssh.ts')).openSsh(target, options);
const openExt: Open = async (target, options) => (await import('./command.ts')).openExt(target, options);

const opens: Readonly<Record<TransportName, Open>> = {
  unix: openUnix,
  tcp: openTcp,
  tls: openTls,
  ssh: openSsh,
  ext: openExt,
};

/**
 * Connects to the daemon that a URI names. What runs through a program may turn out to be unreachable only later.
 * @throws {ConnectionError} when it cannot be reached.
 */
export async function openTransport(target: ConnectUri, options: TransportOptions): Promise<Transport> {
  return opens[target.transport](target, options);
}
