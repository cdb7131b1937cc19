import {Argument, type Command, InvalidArgumentError, Option} from '@commander-js/extra-typings';

import type {ExitCode} from './exit-code.ts';
import type {Terminal} from './terminal.ts';

/** Runs a command with its options and a terminal. */
export type Run = <Options extends object>(
  options: Options,
  act: (options: Options, terminal: Terminal) => Promise<ExitCode>,
) => Promise<void>;

export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map(line => `  $ dr ${line}`).join('\n')}`;
}

/** `--dry-run`, wherever a command would change something. `says` is what it does instead. */
export function dryRun(says: string) {
  return new Option('-n, --dry-run', `${says}, and do nothing`);
}

/** A whole number within bounds, for an option. */
export function wholeNumber({
  min = 1,
  max = Number.MAX_SAFE_INTEGER,
}: {readonly min?: number; readonly max?: number} = {}) {
  return (text: string): number => {
    const value = /^\d+$/u.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(
      max === Number.MAX_SAFE_INTEGER
        ? `Give a whole number, ${min} or more.`
        : `Give a whole number from ${min} to ${max}.`,
    );
  };
}

/** What `migrate` and `plan migrate` take alike. */
export function migrateOptions<
  Args extends unknown[],
  Opts extends Record<string, unknown>,
  Global extends Record<string, unknown>,
>(command: Command<Args, Opts, Global>) {
  return command
    .addArgument(new Argument('[domain...]', 'names or UUIDs (default: all of the source)'))
    .requiredOption('--from <host>', 'where they are')
    .requiredOption('--to <host>', 'where they go')
    .addOption(
      new Option('--mode <mode>', 'auto: running ones live, the others offline')
        .choices(['auto', 'live', 'offline'] as const)
        .default('auto' as const),
    )
    .option('--managed', 'drive live moves from here (default: only when the two daemons cannot reach each other)')
    .option('--skip-blocked', 'leave out domains that something stands in the way of, and move the rest')
    .option('--keep-going', 'move the others even after one has failed')
    .option('--delete-source', 'delete the disks on the source, instead of keeping them until dr clean')
    .option('--replace-kept', 'overwrite disks that the target kept when this very domain left it')
    .option('--bandwidth <MiB/s>', 'what each move may carry at most', wholeNumber({max: 1_000_000}))
    .option(
      '--break-claim <domain>',
      'declare the claim of another controller on this domain void (may be given again)',
      (domain: string, others: readonly string[] | undefined): readonly string[] => [...(others ?? []), domain],
    )
    .option('--downtime <ms>', 'longest pause of a guest at the switch-over (default: 300)', wholeNumber())
    .option('--auto-converge', 'slow a guest down that writes faster than the link carries')
    .option(
      '--parallel <n>',
      'so many moves at once between these hosts (default: lanes in dr.yaml, else 2)',
      wholeNumber({max: 1000}),
    );
}
