import type {ConnectUri} from '../connect-uri.ts';
import type {TransportOptions} from './socket-transport.ts';
import {openTcp} from './tcp.ts';
import type {Transport} from './transport.ts';
import {openUnix} from './unix.ts';

const open = {unix: openUnix, tcp: openTcp};

/** Connects to the daemon a URI names. @throws {ConnectionError} when it cannot be reached. */
export function openTransport(target: ConnectUri, options: TransportOptions): Promise<Transport> {
  return open[target.transport as 'unix'](target, options);
}
