import type {FoundClaim, PlannedMigration} from '@dr-toolkit/migrate';
import {claimText} from '@dr-toolkit/migrate';

import {CliError} from './cli-error.ts';
import {tellOutlook} from './tell-outlook.ts';
import type {Terminal} from './terminal.ts';

interface ClaimToBreak {
  readonly domain: string;
  /** Who holds it. */
  readonly what: string;
  /** One that somebody renews is only broken by typing the name of the domain; --yes is enough for one that has expired. */
  readonly by: 'typing' | 'yes';
}

/**
 * The claims that are to be broken, with what breaking each of them takes.
 * @throws {CliError} `NOT_CONFIRMED` when --yes is there to break one that no flag breaks.
 */
export function claimsToBreak(
  {moves}: Pick<PlannedMigration, 'moves'>,
  claims: Readonly<Record<string, readonly FoundClaim[]>>,
  {yes}: {readonly yes?: boolean | undefined},
): ClaimToBreak[] {
  return moves.flatMap(({domain, uuid, brokenClaims = []}) => {
    const broken = (claims[uuid] ?? []).filter(
      ({claim, standing}) => standing !== 'free' && brokenClaims.some(({run}) => run === claim.run),
    );
    const live = broken.find(({standing}) => standing === 'live');
    const [first] = live ? [live] : broken;
    if (!first) return [];
    const what = `${domain} is held by ${claimText(first.claim)}.`;
    if (yes && live) throw refused(what, 'typing');
    return [{domain, what, by: live ? 'typing' : 'yes'}];
  });
}

/**
 * Lets a person break each claim that was to be broken, by typing the domain's name. With --yes, naming the domain on
 * the command line is enough where the claim has expired.
 * @throws {CliError} `NOT_CONFIRMED`
 */
export async function confirmBreaking(
  broken: readonly ClaimToBreak[],
  terminal: Terminal,
  {yes}: {readonly yes?: boolean | undefined},
): Promise<void> {
  for (const {domain, what, by} of broken) {
    if (yes) continue;
    if (!terminal.canAsk) throw refused(what, by);
    const typed = await terminal.ask(`${what} If its controller is dead, type ${domain} to break the claim: `);
    if (typed.trim() === domain) continue;
    throw new CliError('NOT_CONFIRMED', 'Nothing was done: the name was not typed', {
      hint: `Type exactly: ${domain}`,
    });
  }
}

/** Says what would be broken, for --dry-run. */
export function tellBreaking(broken: readonly ClaimToBreak[], terminal: Terminal): void {
  for (const {domain, what, by} of broken) {
    const how = by === 'typing' ? 'at a terminal, by typing its name' : 'by typing its name, or with --yes';
    tellOutlook(terminal, 'break-claim', {domain, by, text: `\n${what} The claim would be broken ${how}`});
  }
}

function refused(what: string, by: ClaimToBreak['by']): CliError {
  return new CliError('NOT_CONFIRMED', `${what} Nothing was done`, {
    hint:
      by === 'typing'
        ? 'A claim that has not expired is broken only at a terminal, without --yes, by typing the name of the domain'
        : 'Say so beforehand: add --yes beside --break-claim',
  });
}
