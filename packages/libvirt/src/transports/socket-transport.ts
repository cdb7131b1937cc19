import {Buffer} from 'node:buffer';
import type {OnReadOpts, Socket} from 'node:net';
import {ConnectionError} from '../connection-error.ts';
import type {Transport} from './transport.ts';

/** As much as Node reads from a socket at once. */
const readBytesMax = 65_536;

export interface TransportOptions {
  readonly signal?: AbortSignal | undefined;
  readonly readOnly: boolean;
}

export interface SocketOptions extends TransportOptions {
  readonly address: string;
  readonly confidential: boolean;
  readonly host: string | undefined;
  /** What to do when nobody answers. */
  readonly hint: string;
  /** What to do when we are not allowed to, where that is something else. */
  readonly hintWhenDenied?: string | undefined;
}

/**
 * Connects a plain socket, which reads into one piece of memory again and again: to get 64 KiB for each answer and to give
 * them back takes longer than all else that is done for a call.
 * @param open Opens the socket with these options; nothing is read before somebody listens.
 */
export async function socketTransport(
  open: (options: {readonly onread: OnReadOpts}) => Socket,
  options: SocketOptions,
): Promise<Transport> {
  options.signal?.throwIfAborted();
  const memory = Buffer.allocUnsafeSlow(readBytesMax);
  let listen: Parameters<Transport['onBytes']>[0] | undefined;
  const callback = (length: number): boolean => {
    listen?.(memory.subarray(0, length));
    return true;
  };
  const socket = open({onread: {buffer: memory, callback}}).pause();
  await connected(socket, 'connect', options);
  const onBytes: Transport['onBytes'] = listener => {
    listen = listener;
    socket.resume();
  };
  return {...transportOf(socket, options), onBytes};
}

/** Waits until a socket can be used. @throws {ConnectionError} `CONNECT_FAILED`. */
export async function connected(
  socket: Socket,
  readyEvent: 'connect' | 'secureConnect',
  {address, host, hint, hintWhenDenied = hint, signal}: SocketOptions,
): Promise<void> {
  // Whoever uses the socket listens for errors; one that comes when nobody does any more is no reason to crash.
  socket.on('error', () => {});
  const {promise, resolve, reject} = Promise.withResolvers<void>();
  const onAbort = (): void => reject(signal?.reason);
  signal?.addEventListener('abort', onAbort, {once: true});
  socket.once(readyEvent, resolve);
  socket.once('error', reject);
  try {
    await promise;
  } catch (error) {
    socket.destroy();
    signal?.throwIfAborted();
    throw new ConnectionError('CONNECT_FAILED', `Cannot connect to ${address}: ${reason(error)}`, {
      hint: isDenied(error) ? hintWhenDenied : hint,
      host,
      cause: error,
    });
  } finally {
    signal?.removeEventListener('abort', onAbort);
    socket.off('error', reject);
  }
  socket.setNoDelay(true);
}

const isDenied = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EACCES';

/** Offers a connected socket as a transport. */
export function transportOf(socket: Socket, {address, confidential}: SocketOptions): Transport {
  return {
    input: socket,
    output: socket,
    onBytes: listener => void socket.on('data', listener),
    address,
    confidential,
    destroy: () => socket.destroy(),
  };
}

/** A host with several addresses fails with one error for each. */
function reason(error: unknown): string {
  if (error instanceof AggregateError) {
    return error.errors.map(each => (each as Error).message).join(', ');
  }
  return error instanceof Error ? error.message : String(error);
}
