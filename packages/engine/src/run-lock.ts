import {createHash} from 'node:crypto';
import {connect, createServer, type Socket} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

/** Held by the one controller of a run. The kernel gives it back when the process dies, however it dies. */
export interface RunLock {
  release(): Promise<void>;
}

/** Keeps a second controller away from a run. It keeps them out quickly; what makes it safe is the run's epoch. */
export interface RunLocks {
  /** Undefined when another controller, here or in another process, holds it. `onPoke` is called when somebody pokes. */
  take(key: string, onPoke: () => void): Promise<RunLock | undefined>;
  /** Whether a controller holds it now; wakes that controller as it asks. */
  poke(key: string): Promise<boolean>;
  /**
   * Calls `onFree` when the lock is given back or its holder dies, in that moment; also when it is free already, or when
   * it cannot be watched any longer. Returns what ends the watch. A kind of lock without it is asked again and again.
   */
  watch?(key: string, onFree: () => void): () => void;
}

/** How often a watch connects again after its connection has ended. A dying holder may still accept one or two. */
const looksAgain = 3;
/** The errors of a connection that say that nobody listens; any other says nothing about the holder. */
const nobodyThere = new Set(['ECONNREFUSED', 'ENOENT']);

/**
 * An abstract unix socket per run (on Linux: no file, nothing left behind after kill -9). Who connects to it learns that
 * the controller lives, and wakes it.
 */
export const kernelLocks: RunLocks = {
  take(key, onPoke) {
    const sockets = new Set<Socket>();
    const server = createServer(socket => {
      // Kept open until the other side leaves: whoever watches hears of our end by its closing.
      sockets.add(socket);
      socket.unref();
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
      socket.resume();
      onPoke();
    });
    server.unref();
    return new Promise((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'EADDRINUSE') resolve(undefined);
        else reject(error);
      });
      server.listen(addressOf(key), () =>
        resolve({
          release: () =>
            new Promise(done => {
              server.close(() => done());
              for (const socket of sockets) socket.destroy();
            }),
        }),
      );
    });
  },
  poke(key) {
    return new Promise(resolve => {
      const socket = connect(addressOf(key));
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      // A frozen holder answers nobody, and its line of callers may be full (EAGAIN): it lives all the same.
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(!nobodyThere.has(error.code ?? '')));
    });
  },
  watch(key, onFree) {
    let socket: Socket | undefined;
    let watching = true;
    const look = (more: number) => {
      let held = false;
      socket = connect(addressOf(key));
      socket.unref();
      socket.on('error', () => undefined);
      socket.once('connect', () => (held = true));
      socket.resume();
      socket.once('close', () => {
        if (!watching) return;
        // Who dies closes what it has open piece by piece: the lock may be held for a moment longer than the connection.
        if (held && more > 0) look(more - 1);
        else onFree();
      });
    };
    look(looksAgain);
    return () => {
      watching = false;
      socket?.destroy();
    };
  },
};

export function lockKey(store: string, run: string): string {
  return `${store}/${run}`;
}

function addressOf(key: string): string {
  const name = `dr-${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;
  return process.platform === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.sock`);
}
