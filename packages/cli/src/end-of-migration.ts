import type {Plan, RunOutcome} from '@dr-toolkit/engine';
import {type DomainReading, type Host, readInventory} from '@dr-toolkit/hosts';
import {type DomainMove, migrationMoves, releaseClaims, type SummaryRow} from '@dr-toolkit/migrate';

import {type ExitCode, exitCodes} from './exit-code.ts';
import {summaryText} from './summary-text.ts';
import {tellSummary} from './tell-summary.ts';
import type {Terminal} from './terminal.ts';

/** How long the hosts are asked where the domains are, after a run that did not end well. */
const lookMs = 15_000;

export interface EndedMigration {
  readonly plan: Plan;
  readonly outcome: RunOutcome;
  readonly hosts: ReadonlyMap<string, Host>;
}

/** Says what became of each domain, where those are that did not arrive, and what to type next. */
export async function endOfMigration({plan, outcome, hosts}: EndedMigration, terminal: Terminal): Promise<ExitCode> {
  const {run, status, steps: records} = outcome;
  await release({plan, outcome, hosts}, terminal);
  const code = endCode(status, terminal);
  const rows = tellSummary({run, status, plan, records}, terminal);
  if (!terminal.json) terminal.note('');
  terminal.say(summaryText(rows));
  if (status === 'done') {
    if (keptPaths(plan, outcome).length > 0)
      terminal.note(`\nTheir disks are kept on ${sourcesOf(plan)}. When all is well: dr clean ${sourcesOf(plan)}`);
    return code;
  }
  terminal.note(`\n${(await leftText(rows, hosts, terminal)).join('\n')}`);
  for (const text of failureTexts(plan, outcome)) terminal.note(`\n${text}`);
  terminal.note(`\n${nextText(plan, outcome)}`);
  return code;
}

/** A run that waits for a person holds its domains; any other end gives them up. */
async function release({plan, outcome, hosts}: EndedMigration, terminal: Terminal): Promise<void> {
  const {run, status, steps} = outcome;
  if (status === 'waiting') return;
  const retired = (move: DomainMove) =>
    plan.steps.some(
      ({id, kind, args}) => kind === 'retire-source' && args.uuid === move.uuid && steps[id]?.state === 'done',
    );
  const open = migrationMoves(plan).filter(move => !retired(move));
  if (open.length === 0) return;
  const token = Object.values(steps).reduce((last, step) => Math.max(last, step.token), 0);
  const kept = await releaseClaims(open, hosts, run, {token, signal: AbortSignal.timeout(lookMs)});
  if (kept.length > 0)
    terminal.note(`Still claimed by this run, as it is not clear where they are: ${kept.join(', ')}`);
}

/** Interrupted is what was stopped by Ctrl-C or from elsewhere, and can be resumed. */
function endCode(status: RunOutcome['status'], {interrupts}: Terminal): ExitCode {
  if (status === 'done') return exitCodes.done;
  return status === 'stopped' || interrupts.stop.aborted ? exitCodes.interrupted : exitCodes.failed;
}

/** Where each domain is that was not moved to its end, as both hosts say now. */
async function leftText(
  rows: readonly SummaryRow[],
  hosts: ReadonlyMap<string, Host>,
  terminal: Terminal,
): Promise<string[]> {
  const left = rows.filter(({state}) => state !== 'moved');
  if (left.length === 0) return ['All domains are on their targets; the rest of the run is not done'];
  const inventory = await readInventory(hosts.values(), {signal: AbortSignal.timeout(lookMs)}).catch(() => undefined);
  if (!inventory)
    return [`Where ${left.map(({domain}) => domain).join(', ')} run could not be seen within ${lookMs / 1000} s`];
  const places = (name: string) =>
    inventory.hosts.flatMap(host => {
      const domain = host.domains.find(found => found.name === name);
      return domain ? [`${stateText(domain)} on ${host.name}`] : [];
    });
  const width = Math.max(...left.map(({domain}) => domain.length));
  const lines = left.map(({domain}) => {
    const found = places(domain);
    terminal.event({type: 'whereabouts', domain, places: found});
    return `  ${domain.padEnd(width)}  ${found.join(', ') || 'on neither host as far as can be seen'}`;
  });
  const silent = inventory.unreachable.map(({message}) => `  ${message}`);
  return ['Not done with; where they are, as both hosts say now:', ...lines, ...silent];
}

function stateText({state, stateReason}: DomainReading): string {
  return state === 'running' ? 'running' : `${state} (${stateReason})`;
}

function failureTexts(plan: Plan, {steps}: RunOutcome): string[] {
  return plan.steps.flatMap(({id, title}) => {
    const {state, error, question} = steps[id] ?? {};
    if (state === 'failed' && error) {
      return [[`${title}: ${error.message}`, ...(error.hint === undefined ? [] : [`  ${error.hint}`])].join('\n')];
    }
    return state === 'asking' && question ? [`${title} asks (step ${id}): ${question.text}`] : [];
  });
}

function nextText({intent: {command, options}}: Plan, {run, status}: RunOutcome): string {
  if (status === 'waiting') return `It waits for an answer. What can be said, and how: dr show ${run}`;
  if (status === 'stopped') return `To go on: dr resume ${run}`;
  if (typeof options?.undoes === 'string') {
    return `See all of it: dr show ${run}. When the cause is gone, again: dr abort ${options.undoes} --undo`;
  }
  return `See all of it: dr show ${run}. When the cause is gone, again (what has moved is left alone): dr ${command}`;
}

function keptPaths(plan: Plan, {steps}: RunOutcome): unknown[] {
  return plan.steps.flatMap(({id}) => {
    const result = steps[id]?.result;
    return typeof result === 'object' && result !== null && 'kept' in result && Array.isArray(result.kept)
      ? result.kept
      : [];
  });
}

function sourcesOf(plan: Plan): string {
  return [...new Set(migrationMoves(plan).map(({from}) => from))].join(' ');
}
