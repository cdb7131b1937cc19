import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {connect, createServer, type Server, type Socket} from 'node:net';
import type {RunOptions} from './run.ts';

/**
 * Does something while no other process does anything under the same lab's lock; waits for its turn. The lock is a name
 * that the kernel gives to one socket at a time and takes back when its process dies: none is ever left behind.
 */
export async function underLabLock<Result>(
  labPath: string,
  act: () => Promise<Result>,
  {signal}: Pick<RunOptions, 'signal'> = {},
): Promise<Result> {
  const name = `\0dr-lab-${createHash('sha256').update(labPath).digest('hex')}`;
  const waiting = new Set<Socket>();
  const server = await hold(name, waiting, signal);
  try {
    return await act();
  } finally {
    server.close();
    for (const socket of waiting) socket.destroy();
    await once(server, 'close');
  }
}

async function hold(name: string, waiting: Set<Socket>, signal: AbortSignal | undefined): Promise<Server> {
  for (;;) {
    signal?.throwIfAborted();
    const server = createServer(socket => {
      waiting.add(socket);
      socket.on('error', () => {}); // who waits may die
      socket.on('close', () => waiting.delete(socket));
    });
    try {
      server.listen({path: name});
      await once(server, 'listening');
      return server;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
    await untilReleased(name, signal);
  }
}

/** A connection to the holder ends when it lets go, or dies. */
async function untilReleased(name: string, signal: AbortSignal | undefined): Promise<void> {
  const holder = connect({path: name, ...(signal && {signal})});
  holder.on('error', () => {}); // it has let go already
  holder.resume();
  await new Promise<void>(resolve => void holder.once('close', () => resolve()));
}
