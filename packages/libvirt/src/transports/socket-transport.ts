import type {Socket} from 'node:net';
import {ConnectionError} from '../connection-error.ts';
import type {Transport} from './transport.ts';

export interface TransportOptions {
  readonly signal?: AbortSignal | undefined;
  readonly readOnly: boolean;
}

interface SocketOptions extends TransportOptions {
  readonly address: string;
  readonly confidential: boolean;
  readonly host: string | undefined;
  /** The event that says the socket can be used. */
  readonly readyEvent?: 'connect' | 'secureConnect';
  /** What to do when nobody answers. */
  readonly hint: string;
}

/** Waits until a socket is connected and offers it as a transport. */
export async function socketTransport(open: () => Socket, options: SocketOptions): Promise<Transport> {
  const {address, confidential, host, hint, signal, readyEvent = 'connect'} = options;
  signal?.throwIfAborted();
  const socket = open();
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
      hint,
      host,
      cause: error,
    });
  } finally {
    signal?.removeEventListener('abort', onAbort);
    socket.off('error', reject);
  }
  socket.setNoDelay(true);
  return {input: socket, output: socket, address, confidential, destroy: () => socket.destroy()};
}

/** A host with several addresses fails with one error for each. */
function reason(error: unknown): string {
  if (error instanceof AggregateError) {
    return error.errors.map(each => (each as Error).message).join(', ');
  }
  return error instanceof Error ? error.message : String(error);
}
