import {didYouMean} from '@dr-toolkit/estate';

import {CliError} from '../cli-error.ts';

/** As much of a command as its help takes, whatever its options are. */
interface Helping {
  name(): string;
  help(): never;
  readonly commands: readonly Helping[];
}

/** `dr help [COMMAND...]`: the help of that command, however deep it lies. @throws {CliError} `USAGE` */
export function help(dr: Helping, words: readonly string[]): never {
  let wanted = dr;
  for (const [depth, word] of words.entries()) {
    const inner = wanted.commands.find(command => command.name() === word);
    if (!inner) {
      const known = wanted.commands.map(command => command.name());
      throw new CliError('USAGE', `There is no command ${words.slice(0, depth + 1).join(' ')}`, {
        hint:
          known.length > 0
            ? didYouMean(word, known, {what: 'command'})
            : `See: dr help ${words.slice(0, depth).join(' ')}`,
      });
    }
    wanted = inner;
  }
  return wanted.help();
}
