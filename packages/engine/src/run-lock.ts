import {createHash} from 'node:crypto';
import {connect, createServer} from 'node:net';
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
}

/**
 * An abstract unix socket per run (on Linux: no file, nothing left behind after kill -9). Who connects to it learns that
 * the controller lives, and wakes it.
 */
export const kernelLocks: RunLocks = {
  take(key, onPoke) {
    const server = createServer(socket => {
      socket.on('error', () => undefined);
      socket.end();
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
          release: () => new Promise(done => void server.close(() => done())),
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
      socket.once('error', () => resolve(false));
    });
  },
};

export function lockKey(store: string, run: string): string {
  return `${store}/${run}`;
}

function addressOf(key: string): string {
  const name = `dr-${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;
  return process.platform === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.sock`);
}
