import {type Command, Option} from '@commander-js/extra-typings';

import {dryRun, examples, type Run} from './command-options.ts';

type Globals = Record<string, unknown>;

/** Runs and what can be said to them: `dr runs`, `show`, `resume`, `abort`, `answer`, `retry`, `lanes`. */
export function runsProgram<Args extends unknown[], Opts extends Globals, Global extends Globals>(
  dr: Command<Args, Opts, Global>,
  run: Run,
): void {
  dr.command('runs')
    .summary('runs of this user, newest first')
    .addHelpText('after', examples('runs', 'runs --json'))
    .action((_options, command) =>
      run(command.optsWithGlobals(), async (all, terminal) => (await import('./commands/runs.ts')).runs(all, terminal)),
    );

  dr.command('show')
    .summary('one run: its steps, and what they wait for')
    .argument('<run>', 'its name, the beginning of it, or last')
    .option('-f, --follow', 'its events from the first on, until it ends')
    .addHelpText('after', examples('show last', 'show last --follow'))
    .action((wanted, _options, command) =>
      run(command.optsWithGlobals(), async (all, terminal) =>
        (await import('./commands/runs.ts')).show(wanted, all, terminal),
      ),
    );

  dr.command('resume')
    .summary('go on with a run that stopped, waits or crashed')
    .description(
      'Looks at what every step that was under way has left, and goes on. Asks a person about what cannot be told.',
    )
    .argument('<run>', 'its name, the beginning of it, or last')
    .addOption(new Option('--answer <step=answer...>', 'answers to what the run asks (see: dr show RUN)'))
    .addOption(dryRun('look at what was under way, and say what would be done next'))
    .addHelpText(
      'after',
      examples('resume last', 'resume last --dry-run', 'resume last --yes --answer aslo-db/move=look'),
    )
    .action((wanted, _options, command) =>
      run(command.optsWithGlobals(), async (all, terminal) =>
        (await import('./commands/resume.ts')).resume(wanted, all, terminal),
      ),
    );

  dr.command('abort')
    .summary('end a run that goes on elsewhere, or has crashed')
    .description(
      'Breaks off what runs, and starts nothing more; with --finish, lets what runs end first. Of a run that crashed, sees what still goes on, and ends that. Then offers to take back what was finished and can be taken back.',
    )
    .argument('<run>', 'its name, the beginning of it, or last')
    .option('--finish', 'let what runs end first')
    .option('--undo', 'take back what it has finished and can be taken back')
    .addOption(dryRun('say what would be let end, broken off and undone'))
    .addHelpText(
      'after',
      examples('abort last', 'abort last --finish --yes', 'abort last --undo --dry-run', 'abort last --undo --yes'),
    )
    .action((wanted, _options, command) =>
      run(command.optsWithGlobals(), async (all, terminal) =>
        (await import('./commands/abort.ts')).abort(wanted, all, terminal),
      ),
    );

  dr.command('answer')
    .summary('answer what a run asks, from any terminal')
    .description('Gives the answer as it is typed, without asking whether it is meant.')
    .argument('<run>', 'its name, the beginning of it, or last')
    .argument('<step>', 'the step that asks (see: dr show RUN)')
    .argument('<value>', 'yes or no, one of its choices, or the name to be typed')
    .addOption(dryRun('see whether the run takes that answer'))
    .addHelpText(
      'after',
      examples('answer last aslo-db/move look', 'answer last confirm yes', 'answer last confirm yes --dry-run'),
    )
    .action((wanted, step, value, _options, command) =>
      run(command.optsWithGlobals(), async (all, terminal) =>
        (await import('./commands/steer.ts')).answer([wanted, step, value], all, terminal),
      ),
    );

  dr.command('retry')
    .summary('let a step be tried again that failed, was left out or aborted')
    .description('In a run that goes on, at once; in one that has ended, when it is resumed.')
    .argument('<run>', 'its name, the beginning of it, or last')
    .argument('<step>', 'the step (see: dr show RUN)')
    .addOption(dryRun('say what would be tried again'))
    .addHelpText('after', examples('retry last aslo-db/move --yes', 'retry last aslo-db/move --dry-run'))
    .action((wanted, step, _options, command) =>
      run(command.optsWithGlobals(), async (all, terminal) =>
        (await import('./commands/steer.ts')).retry([wanted, step], all, terminal),
      ),
    );

  dr.command('lanes')
    .summary('how many at once on a disk or a link; change it while runs go on')
    .description(
      'Shows the places of each lane: of all in dr.yaml, or of one run. LANE=PLACES changes it at once, for all runs of this user, as they share it: with a run until that run ends (its journal says so), without one until it is changed again. LANE=default takes that back. What holds a place already keeps it.',
    )
    .argument('[words...]', 'a run, and limits: host:newhost/disk=1')
    .addOption(dryRun('show the lanes as they would be'))
    .addHelpText(
      'after',
      examples(
        'lanes',
        'lanes last',
        'lanes last host:newhost/disk=1 --dry-run',
        'lanes last host:newhost/disk=1 --yes',
        'lanes host:newhost/disk=default',
      ),
    )
    .action((words, _options, command) =>
      run(command.optsWithGlobals(), async (all, terminal) =>
        (await import('./commands/lanes.ts')).lanes(words, all, terminal),
      ),
    );
}
