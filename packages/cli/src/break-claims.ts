import type {FoundClaim, PlannedMigration} from '@dr-toolkit/migrate';
import {claimText} from '@dr-toolkit/migrate';

import {CliError} from './cli-error.ts';
import type {Terminal} from './terminal.ts';

/**
 * Lets a person break each claim that was to be broken, by typing the domain's name. With --yes, naming the domain on
 * the command line is enough where the claim has expired; one that somebody renews is only broken by typing.
 * @throws {CliError} `NOT_CONFIRMED`
 */
export async function confirmBreaking(
  {moves}: Pick<PlannedMigration, 'moves'>,
  claims: Readonly<Record<string, readonly FoundClaim[]>>,
  terminal: Terminal,
  {yes}: {readonly yes?: boolean | undefined},
): Promise<void> {
  for (const {domain, uuid, brokenClaims = []} of moves) {
    const broken = (claims[uuid] ?? []).filter(
      ({claim, standing}) => standing !== 'free' && brokenClaims.some(({run}) => run === claim.run),
    );
    const [first] = broken;
    if (!first) continue;
    const live = broken.find(({standing}) => standing === 'live');
    if (yes && !live) continue;
    const what = `${domain} is held by ${claimText((live ?? first).claim)}.`;
    if (!terminal.canAsk || yes) {
      throw new CliError('NOT_CONFIRMED', `${what} Nothing was done`, {
        hint: live
          ? 'A claim that has not expired is broken only at a terminal, without --yes, by typing the name of the domain'
          : 'Say so beforehand: add --yes beside --break-claim',
      });
    }
    const typed = await terminal.ask(`${what} If its controller is dead, type ${domain} to break the claim: `);
    if (typed.trim() === domain) continue;
    throw new CliError('NOT_CONFIRMED', 'Nothing was done: the name was not typed', {
      hint: `Type exactly: ${domain}`,
    });
  }
}
