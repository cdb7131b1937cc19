import {createInterface} from 'node:readline/promises';
import {styleText} from 'node:util';

import {CliError} from './cli-error.ts';
import type {Interrupts} from './interrupts.ts';

export type Style = Parameters<typeof styleText>[0];

/** Where results, progress and questions go. Results on stdout, all else on stderr. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly interrupts: Interrupts;
  /** One JSON event a line instead of text for people. */
  readonly json: boolean;
  /** Somebody can be asked. */
  readonly canAsk: boolean;
  /** Progress can be drawn over what was drawn before. */
  readonly isLive: boolean;
  /** Columns of stderr. */
  readonly columns: number;
  readonly rows: number;
  /** Aborts when nobody reads stdout any more. */
  readonly unread: AbortSignal;
  /** A result, on stdout; nothing with --json. */
  readonly say: (text: string) => void;
  /** Progress or a remark, on stderr. */
  readonly note: (text: string) => void;
  /** A line of JSON on stdout, with --json only. */
  readonly event: (event: object) => void;
  /** Coloured when that stream is a terminal and NO_COLOR is not set. */
  readonly paint: (style: Style, text: string, on?: 'stdout' | 'stderr') => string;
  /** One line from the operator. */
  readonly ask: (question: string) => Promise<string>;
}

export interface TerminalOptions {
  readonly interrupts: Interrupts;
  readonly json: boolean;
}

/** The terminal of this process. A reader that goes away (`dr status | head`) is no error. */
export function processTerminal({interrupts, json}: TerminalOptions): Terminal {
  const {stdout, stderr, stdin, env} = process;
  const unread = new AbortController();
  stdout.on('error', () => unread.abort());
  stderr.on('error', () => undefined);
  const canAsk = stdin.isTTY && stderr.isTTY;
  return {
    env,
    cwd: process.cwd(),
    interrupts,
    json,
    canAsk,
    // One that does not know its size (a serial line) says 0 and 0.
    isLive: stderr.isTTY && stderr.columns > 0 && stderr.rows > 0 && env.TERM !== 'dumb' && !json,
    get columns() {
      return stderr.columns || 100;
    },
    get rows() {
      return stderr.rows || 24;
    },
    unread: unread.signal,
    say(text) {
      if (!json) stdout.write(`${text}\n`);
    },
    note(text) {
      stderr.write(`${text}\n`);
    },
    event(event) {
      if (json) stdout.write(`${JSON.stringify(event)}\n`);
    },
    paint: (style, text, on = 'stdout') => styleText(style, text, {stream: on === 'stdout' ? stdout : stderr}),
    async ask(question) {
      const line = createInterface({input: stdin, output: stderr});
      const over = new AbortController();
      line.once('close', () => over.abort()); // a terminal that was lost: the question would wait for ever
      line.on('error', () => undefined); // it cannot be left as it was, either
      line.on('SIGINT', () => process.emit('SIGINT'));
      line.on('SIGCONT', () => line.resume()); // after Ctrl-Z and fg it is paused, and would never hear the answer
      try {
        return await line.question(question, {signal: AbortSignal.any([interrupts.stop, over.signal])});
      } catch (error) {
        if (interrupts.stop.aborted) throw error;
        throw new CliError('NOT_CONFIRMED', 'No answer was given, so nothing was done', {
          hint: 'Type the answer, and Enter',
          cause: error,
        });
      } finally {
        line.close();
      }
    },
  };
}

/**
 * Goes on only when the operator agrees: by --yes, or by answering.
 * @throws {CliError} `NOT_CONFIRMED`
 */
export async function confirmed(
  terminal: Terminal,
  question: string,
  {yes}: {readonly yes?: boolean | undefined},
): Promise<void> {
  if (yes) return;
  if (!terminal.canAsk) {
    throw new CliError('NOT_CONFIRMED', `${question} There is no terminal to ask at, so nothing was done`, {
      hint: 'Say so beforehand: add --yes (or look first, with --dry-run)',
    });
  }
  const answer = await terminal.ask(`${question} [y/N] `);
  if (!['y', 'yes'].includes(answer.trim().toLowerCase())) {
    throw new CliError('NOT_CONFIRMED', 'Nothing was done', {hint: 'Answer y to go on'});
  }
}
