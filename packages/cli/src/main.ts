import {CommanderError} from '@commander-js/extra-typings';

import {describeError, errorEvent} from './describe-error.ts';
import {codeOf, type ExitCode, exitCodeOf, exitCodes} from './exit-code.ts';
import {isAbort, listenForInterrupts} from './interrupts.ts';
import {program} from './program.ts';
import {processTerminal, type Terminal} from './terminal.ts';

/** `dr`, from its arguments to its end. Never rejects: the process ends with the exit code. */
export async function main(args: readonly string[]): Promise<void> {
  const interrupts = listenForInterrupts(() => process.exit(exitCodes.interrupted));
  const json = args.slice(0, args.includes('--') ? args.indexOf('--') : undefined).includes('--json');
  const terminal = processTerminal({interrupts, json});
  let code: ExitCode = exitCodes.done;
  try {
    const dr = program({
      terminal: () => terminal,
      ended(ended) {
        code = ended;
      },
    });
    throwInsteadOfExit(dr);
    await dr.parseAsync(args, {from: 'user'});
  } catch (error) {
    code = told(error, terminal);
  }
  process.exitCode = code;
  interrupts[Symbol.dispose]();
  await flushed(process.stdout);
  const lost = lostResult(process.stdout);
  if (lost !== undefined) terminal.note(lost);
  await flushed(process.stderr);
  process.exit(lost !== undefined && code === exitCodes.done ? exitCodes.failed : code);
}

/** As much of a command as is needed here, whatever its options are. */
interface Exiting {
  exitOverride(): unknown;
  readonly commands: readonly Exiting[];
}

function throwInsteadOfExit(command: Exiting): void {
  command.exitOverride();
  for (const inner of command.commands) throwInsteadOfExit(inner);
}

/** Says what went wrong, and returns what it ends with. */
function told(error: unknown, terminal: Terminal): ExitCode {
  const fromParser = parserExit(error);
  if (fromParser !== undefined) {
    if (fromParser === exitCodes.usage) terminal.event(parserEvent(error));
    return fromParser;
  }
  if (terminal.interrupts.stop.aborted && isAbort(error)) {
    terminal.event({type: 'error', code: 'INTERRUPTED', message: 'Interrupted'});
    terminal.note('dr: interrupted; nothing was changed');
    return exitCodes.interrupted;
  }
  terminal.event(errorEvent(error));
  terminal.note(describeError(error, {debug: terminal.env.DR_DEBUG === '1'}));
  return exitCodeOf(error);
}

/** The parser has said what it had to say: help is an answer, all else a mistake. */
function parserExit(error: unknown): ExitCode | undefined {
  if (!(error instanceof CommanderError)) return undefined;
  return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
}

function parserEvent(error: unknown): object {
  const shown = error instanceof CommanderError && error.code === 'commander.help';
  const message = shown ? 'No command was given' : error instanceof Error ? error.message : String(error);
  return {type: 'error', code: 'USAGE', message: message.replace(/^error: /u, ''), hint: 'See: dr --help'};
}

/** Says that stdout could not be written. A reader that has gone (`| head`), or a terminal that was lost, wants no more. */
function lostResult({errored}: NodeJS.WriteStream): string | undefined {
  if (!errored || ['EPIPE', 'EIO'].includes(codeOf(errored) ?? '')) return undefined;
  return `dr: stdout could not be written: ${errored.message}\n    Make room where it goes; what was done is told by: dr runs`;
}

/** What was written has left this process, or nobody takes it any more. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise(resolve => {
    if (stream.destroyed || stream.errored) return resolve();
    stream.once('error', () => resolve());
    stream.write('', () => resolve());
  });
}
