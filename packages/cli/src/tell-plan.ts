import {counted} from './amounts.ts';
import {CliError} from './cli-error.ts';
import {findingsText} from './findings-text.ts';
import {movesText} from './plan-text.ts';
import type {PreparedMigration} from './prepare-migration.ts';
import type {Terminal} from './terminal.ts';

/** Says what would happen and what stands in the way: on stdout when that is the result, on stderr before a run. */
export function tellPlan(
  {plan, moves, skipped, findings}: PreparedMigration,
  terminal: Terminal,
  {on}: {readonly on: 'stdout' | 'stderr'},
): void {
  for (const finding of findings) terminal.event({type: 'finding', ...finding});
  if (plan) terminal.event({type: 'plan', plan});
  if (terminal.json) return;
  const tell = on === 'stdout' ? (text: string) => terminal.say(text) : (text: string) => terminal.note(text);
  const found = findingsText(findings, (style, text) => terminal.paint(style, text, on));
  if (found !== '') tell(`${found}\n`);
  if (!plan) return;
  tell(movesText(moves));
  if (skipped.length > 0) tell(`Left out: ${skipped.map(({domain}) => domain).join(', ')}`);
}

/** @throws {CliError} `BLOCKED` when nothing can be moved as things are. */
export function refuseBlocked({plan, findings, moves, skipped}: PreparedMigration): void {
  if (plan) return;
  const blocking = findings.filter(({severity}) => severity === 'blocks');
  const free = moves.length > 0 && skipped.length > 0;
  throw new CliError('BLOCKED', `${counted(blocking.length, 'finding')} in the way, so nothing was moved`, {
    hint: free
      ? 'Do what each of them says, or move the rest: --skip-blocked'
      : 'Do what each of them says, then run the same command again',
  });
}
