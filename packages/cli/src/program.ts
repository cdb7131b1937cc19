import {readFileSync} from 'node:fs';

import {Command} from '@commander-js/extra-typings';

import {dryRun, examples, migrateOptions, type Run} from './command-options.ts';
import {labProgram} from './lab-program.ts';
import type {ExitCode} from './exit-code.ts';
import {runsProgram} from './runs-program.ts';
import type {Terminal} from './terminal.ts';

/** How a command gets its terminal: once it is known whether --json was given. */
export interface Shell {
  terminal(options: {readonly json?: boolean | undefined}): Terminal;
  /** What the command ended with. */
  ended(code: ExitCode): void;
}

/** Every command with its options. What a command does is loaded when it is run. */
export function program(shell: Shell) {
  const dr = new Command('dr')
    .description('Moves virtual machines between libvirt/KVM hosts, checked before and verified after.')
    .version(version(), '-V, --version')
    .option('--estate <file>', 'dr.yaml to go by (default: DR_ESTATE, else dr.yaml upward from here)')
    .option('-y, --yes', 'do not ask: yes to all that would be asked')
    .option('--json', 'one JSON event a line on stdout, instead of text')
    .configureHelp({showGlobalOptions: true, sortSubcommands: false})
    .showSuggestionAfterError(true)
    .showHelpAfterError('(see: dr --help)')
    .addHelpText(
      'after',
      `
Examples:
  $ dr init qemu+ssh://root@sunjammer/system qemu+ssh://root@newhost/system
  $ dr status
  $ dr plan migrate --from sunjammer --to newhost
  $ dr migrate --from sunjammer --to newhost

Exit codes: 0 done, 1 some steps failed, 2 wrong usage or estate, 3 refused for safety, 130 interrupted (resumable)`,
    );

  const run: Run = async (options, act) => shell.ended(await act(options, shell.terminal(options)));

  dr.command('init')
    .summary('write dr.yaml from what the hosts hold')
    .description('Reads hosts and writes a commented dr.yaml: hosts, networks, and services as a guess in comments.')
    .argument('<uri...>', 'libvirt URIs, as virsh takes them')
    .option('-o, --output <file>', 'where to write it; - for stdout (default: dr.yaml)')
    .option('-f, --force', 'overwrite it')
    .option('--name <name>', 'name of the estate')
    .addOption(dryRun('show what would be written'))
    .addHelpText(
      'after',
      examples(
        'init qemu+ssh://root@sunjammer/system qemu+ssh://root@newhost/system',
        'init --dry-run qemu:///system',
        'init --output - qemu:///system',
      ),
    )
    .action((uris, _options, command) =>
      run(command.optsWithGlobals(), async (all, terminal) =>
        (await import('./commands/init.ts')).init(uris, all, terminal),
      ),
    );

  dr.command('status')
    .summary('hosts and domains as they are now')
    .description('Reads all hosts at once. Exits with 1 when one does not answer.')
    .argument('[host...]', 'only these')
    .addHelpText(
      'after',
      examples('status', 'status sunjammer', 'status --json | jq -r \'select(.type == "domain") | .name\''),
    )
    .action((hosts, _options, command) =>
      run(command.optsWithGlobals(), async (all, terminal) =>
        (await import('./commands/status.ts')).status(hosts, all, terminal),
      ),
    );

  const plan = dr
    .command('plan')
    .summary('print a plan and what stands in its way; touch nothing')
    .description('Makes a plan and prints it, with all findings. Touches nothing.')
    .addHelpText('after', examples('plan migrate --from sunjammer --to newhost'));
  migrateOptions(plan.command('migrate'))
    .option('-o, --out <file>', 'write the plan there as well, for dr run')
    .option('-f, --force', 'overwrite that file')
    .summary('what migrate would do')
    .description(
      'Prints which domains would move, how, how much there is to carry, and what stands in the way. Exits with 3 when nothing can move.',
    )
    .addHelpText(
      'after',
      examples(
        'plan migrate --from sunjammer --to newhost',
        'plan migrate --from sunjammer --to newhost aslo-db --mode offline',
        'plan migrate --from sunjammer --to newhost --out plan.json',
      ),
    )
    .action((domains, _options, command) =>
      run(command.optsWithGlobals(), async (all, terminal) =>
        (await import('./commands/migrate.ts')).planMigrate(domains, all, terminal),
      ),
    );

  migrateOptions(dr.command('migrate'))
    .addOption(dryRun('print the plan'))
    .summary('move domains from host to host, running ones live')
    .description(
      "Moves domains with their local disks to another host. Running domains keep running. All is checked before anything moves; each is verified on the target before the source lets go of it. Its disks on the source are kept, marked, until 'dr clean'. Ctrl-C stops with care, twice aborts what runs; 'dr resume' goes on.",
    )
    .addHelpText(
      'after',
      examples(
        'migrate --from sunjammer --to newhost',
        'migrate --from sunjammer --to newhost aslo-db aslo-web1 --yes',
        'migrate --from sunjammer --to newhost --skip-blocked --parallel 4 --bandwidth 200',
        'migrate --from sunjammer --to newhost --dry-run',
      ),
    )
    .action((domains, _options, command) =>
      run(command.optsWithGlobals(), async (all, terminal) =>
        (await import('./commands/migrate.ts')).migrate(domains, all, terminal),
      ),
    );

  dr.command('run')
    .summary('run a plan that dr plan wrote into a file')
    .description(
      'Runs exactly that plan. Refuses, with 3, when the world has drifted from what the plan depends on, and says what has changed; and when anything stands in its way by now, such as memory or room on the target.',
    )
    .argument('<plan>', 'a file that dr plan ... --out has written')
    .addOption(dryRun('see whether it still fits'))
    .addHelpText('after', examples('run plan.json', 'run plan.json --dry-run', 'run plan.json --yes --json'))
    .action((file, _options, command) =>
      run(command.optsWithGlobals(), async (all, terminal) =>
        (await import('./commands/run.ts')).run(file, all, terminal),
      ),
    );

  dr.command('clean')
    .summary('delete what moves left behind and nobody needs')
    .description(
      'Lists disks that stayed when their domains moved away, copies that were begun and not finished, and left-over notes; asks, and deletes those of which it is certain that nobody needs them. The others stay, each with its reason.',
    )
    .argument('[host...]', 'only on these')
    .addOption(dryRun('list them'))
    .addHelpText(
      'after',
      examples(
        'clean',
        'clean sunjammer --dry-run',
        'clean sunjammer --yes',
        'clean --dry-run --json | jq -r \'select(.keep) | "\\(.path): \\(.keep)"\'',
      ),
    )
    .action((hosts, _options, command) =>
      run(command.optsWithGlobals(), async (all, terminal) =>
        (await import('./commands/clean.ts')).clean(hosts, all, terminal),
      ),
    );

  dr.command('claims')
    .summary('domains that a run holds, here or elsewhere')
    .description(
      "A run leaves word of itself in the metadata of every domain it moves, so that controllers elsewhere keep their hands off. Lists who holds what; to break one of a dead controller: 'dr migrate ... --break-claim DOMAIN'.",
    )
    .argument('[host...]', 'only on these')
    .addHelpText('after', examples('claims', 'claims sunjammer --json'))
    .action((hosts, _options, command) =>
      run(command.optsWithGlobals(), async (all, terminal) =>
        (await import('./commands/claims.ts')).claims(hosts, all, terminal),
      ),
    );

  runsProgram(dr, run);
  labProgram(dr, run);
  // The parser's own help command knows nothing of commands within commands.
  dr.helpCommand(false)
    .command('help')
    .summary('display help for a command')
    .argument('[command...]', 'as it is typed: plan migrate')
    .addHelpText('after', examples('help', 'help plan migrate'))
    .action(async words => (await import('./commands/help.ts')).help(dr, words));
  return dr;
}

/** As published: the package's own. */
function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {version: string};
  return manifest.version;
}
