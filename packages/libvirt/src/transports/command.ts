import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {setTimeout as sleep} from 'node:timers/promises';
import {execa} from 'execa';
import type {ConnectUri} from '../connect-uri.ts';
import {ConnectionError} from '../connection-error.ts';
import type {TransportOptions} from './socket-transport.ts';
import type {Transport} from './transport.ts';

/** How much of what a program complained about is kept, in characters. */
const complaintMax = 2000;
/** How long its end and its last words may take after its output has ended, in milliseconds. */
const endingMs = 3000;

export interface CommandOptions extends TransportOptions {
  readonly address: string;
  readonly confidential: boolean;
  readonly host: string | undefined;
}

/** Speaks to a daemon through a program's standard input and output, without a shell of ours in between. */
export function openCommand(program: string, args: readonly string[], options: CommandOptions): Transport {
  options.signal?.throwIfAborted();
  const child = execa(program, args, {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    encoding: 'buffer',
    reject: false,
    // A Ctrl-C at the terminal is for its user's program, which may need the connection to tidy up.
    detached: true,
  });
  let complaint = '';
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (text: string) => {
    complaint = (complaint + text).slice(-complaintMax);
  });
  child.stderr.on('error', () => {});
  // Until a listener comes, an error must not end the process; the stream's end tells of it as well.
  child.stdout.on('error', () => {});
  child.stdin.on('error', () => {});
  const ending = howItEnds(program, child.nodeChildProcess);
  // Another process may write there once the program is gone: the one that keeps an ssh login does, for all who share it.
  const silence = once(child.stderr, 'close').catch(() => {});
  return {
    input: child.stdout,
    onBytes: listener => void child.stdout.on('data', listener),
    output: child.stdin,
    address: options.address,
    confidential: options.confidential,
    async diagnosis() {
      const late = sleep(endingMs, '', {ref: false});
      const end = await Promise.race([ending, late]);
      await Promise.race([silence, late]);
      return [complaint.trim().replaceAll(/\s*\n\s*/g, '; '), end].filter(Boolean).join('; ');
    },
    destroy() {
      child.stdin.destroy();
      child.stdout.destroy();
      child.stderr.destroy();
      child.kill();
    },
  };
}

/** Resolves, with nothing if that was no failure, when the program is gone. */
async function howItEnds(program: string, child: ChildProcess): Promise<string> {
  const {promise, resolve} = Promise.withResolvers<string>();
  child.once('error', error => resolve(error.message));
  child.once('exit', (code, signal) =>
    resolve(code === 0 ? '' : `${program} ended with ${code === null ? signal : `exit code ${code}`}`),
  );
  return promise;
}

/** `ext`: any program of the user's that leads to a daemon. */
export function openExt({command, host, uri}: ConnectUri, options: TransportOptions): Transport {
  if (command === undefined) {
    throw new ConnectionError('URI_INVALID', `${uri} names no program`, {hint: 'Add ?command=/path/to/program.', host});
  }
  return openCommand(command, [], {...options, host, address: `ext:${command}`, confidential: true});
}
