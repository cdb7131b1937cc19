import type {Command} from '@commander-js/extra-typings';

import {dryRun, examples, type Run, wholeNumber} from './command-options.ts';

type Globals = Record<string, unknown>;

/** `dr lab ...`: real libvirt hosts on this machine. */
export function labProgram<Args extends unknown[], Opts extends Globals, Global extends Globals>(
  dr: Command<Args, Opts, Global>,
  run: Run,
): void {
  const lab = dr
    .command('lab')
    .summary('real libvirt hosts on this machine, to try and to test with')
    .description(
      'Brings real libvirt hosts up on this machine, each in its own namespaces. Needs root. Made to be broken: only `down` asks.',
    )
    .addHelpText(
      'after',
      examples('lab up', 'lab cut sunjammer newhost', 'lab exec newhost -- virsh list --all', 'lab down'),
    );

  lab
    .command('up')
    .summary('bring hosts and running guests up')
    .option('--name <name>', 'of the lab (default: lab)')
    .option(
      '--hosts <names>',
      'names of the hosts, with commas; guests begin on the first (default: sunjammer,newhost)',
      commaList,
    )
    .option('--vms <n>', 'how many guests (default: 6)', wholeNumber({min: 0, max: 100}))
    .addOption(dryRun('say whether it can be brought up, and what it would be'))
    .addHelpText(
      'after',
      examples('lab up', 'lab up --dry-run', 'lab up --hosts alder,birch,cedar --vms 3 --name second'),
    )
    .action((_options, command) =>
      run(command.optsWithGlobals(), async (all, terminal) => (await load()).up(all, terminal)),
    );

  lab
    .command('down')
    .summary('take it down, and leave nothing of it')
    .option('--name <name>', 'of the lab (default: lab)')
    .addOption(dryRun('say what would be taken down'))
    .addHelpText('after', examples('lab down', 'lab down --dry-run', 'lab down --name second --yes'))
    .action((_options, command) =>
      run(command.optsWithGlobals(), async (all, terminal) => (await load()).down(all, terminal)),
    );

  lab
    .command('status')
    .summary('hosts, guests and links of the labs of this machine')
    .option('--name <name>', 'only this lab')
    .addHelpText('after', examples('lab status'))
    .action((_options, command) =>
      run(command.optsWithGlobals(), async (all, terminal) => (await load()).status(all, terminal)),
    );

  lab
    .command('exec')
    .summary('run a command inside a host, as its root')
    .showHelpAfterError(
      '(a command with options of its own comes after --, as in: dr lab exec newhost -- virsh list --all)',
    )
    .argument('<host>', 'a host of the lab')
    .argument('<command...>', 'after --')
    .option('--name <name>', 'of the lab (default: lab)')
    .addHelpText(
      'after',
      examples('lab exec newhost -- virsh list --all', 'lab exec sunjammer -- df -h /var/lib/libvirt'),
    )
    .action((host, words, _options, command) =>
      run(command.optsWithGlobals(), async (all, terminal) => (await load()).exec(host, words, all, terminal)),
    );

  lab
    .command('cut')
    .summary('cut a host off, or one link')
    .argument('<host>', 'a host; or a link, as sunjammer-newhost')
    .argument('[other]', 'the other end: a host, or controller for this machine')
    .option('--name <name>', 'of the lab (default: lab)')
    .addOption(dryRun('say what would be cut'))
    .addHelpText('after', examples('lab cut newhost', 'lab cut sunjammer newhost', 'lab cut newhost --dry-run'))
    .action((host, other, _options, command) =>
      run(command.optsWithGlobals(), async (all, terminal) =>
        (await load()).setCut(other === undefined ? [host] : [host, other], 'cut', all, terminal),
      ),
    );

  lab
    .command('heal')
    .summary("undo a cut, all of a host's, or all of them")
    .argument('[host]', 'a host; or a link, as sunjammer-newhost')
    .argument('[other]', 'the other end')
    .option('--name <name>', 'of the lab (default: lab)')
    .addOption(dryRun('say what would be healed'))
    .addHelpText('after', examples('lab heal', 'lab heal sunjammer newhost', 'lab heal --dry-run'))
    .action((host, other, _options, command) =>
      run(command.optsWithGlobals(), async (all, terminal) =>
        (await load()).setCut(
          [host, other].filter(end => end !== undefined),
          'heal',
          all,
          terminal,
        ),
      ),
    );

  lab
    .command('link')
    .summary("set rate and delay of a host's link; without options: unbounded")
    .argument('<host>', 'a host of the lab')
    .option('--rate <Mbit/s>', 'upper bound in each direction', wholeNumber({max: 100_000}))
    .option('--delay <ms>', 'added in each direction', wholeNumber({max: 60_000}))
    .option('--name <name>', 'of the lab (default: lab)')
    .addOption(dryRun('say what would be set, and what is set now'))
    .addHelpText('after', examples('lab link newhost --rate 100 --delay 20', 'lab link newhost'))
    .action((host, _options, command) =>
      run(command.optsWithGlobals(), async (all, terminal) => (await load()).link(host, all, terminal)),
    );

  for (const wanted of ['off', 'on'] as const) {
    lab
      .command(`power-${wanted}`)
      .summary(
        wanted === 'off'
          ? 'pull the plug of a host: everything in it dies at once'
          : 'start a host again, with its disk as it was',
      )
      .argument('<host>', 'a host of the lab')
      .option('--name <name>', 'of the lab (default: lab)')
      .addOption(dryRun('see whether there is such a host'))
      .addHelpText('after', examples(`lab power-${wanted} sunjammer`, `lab power-${wanted} sunjammer --dry-run`))
      .action((host, _options, command) =>
        run(command.optsWithGlobals(), async (all, terminal) => (await load()).power(host, wanted, all, terminal)),
      );
  }
}

/** Loaded when one of its commands is run. */
function load() {
  return import('./commands/lab.ts');
}

function commaList(text: string): string[] {
  return text
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '');
}
