import {createConnection} from 'node:net';
import type {ConnectUri} from '../connect-uri.ts';
import {socketTransport, type TransportOptions} from './socket-transport.ts';
import type {Transport} from './transport.ts';

const tcpPort = 16_509;

/** Connects without encryption: for links that nobody else can reach. */
export function openTcp(
  {host = 'localhost', port = tcpPort}: ConnectUri,
  options: TransportOptions,
): Promise<Transport> {
  return socketTransport(reading => createConnection({host, port, keepAlive: true, ...reading}), {
    ...options,
    address: tcpAddress(host, port),
    confidential: false,
    host,
    hint: `Check that ${host} listens on port ${port} (systemctl status libvirtd-tcp.socket), or use ssh.`,
  });
}

export const tcpAddress = (host: string, port: number): string =>
  `tcp:${host.includes(':') ? `[${host}]` : host}:${port}`;
