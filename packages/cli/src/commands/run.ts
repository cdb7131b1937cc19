import {type Plan, runPlan} from '@dr-toolkit/engine';
import {type Estate, estateDigest, findHost, missingPools, routeBetween, shellWord} from '@dr-toolkit/estate';
import {type Host, type Inventory, readInventory} from '@dr-toolkit/hosts';
import {
  bySeverity,
  type DomainMove,
  type Drift,
  filesInTheWay,
  lanePoolFindings,
  migrationDrift,
  migrationMoves,
  repeatedPreflight,
} from '@dr-toolkit/migrate';

import {counted} from '../amounts.ts';
import {claimsToBreak, confirmBreaking, tellBreaking} from '../break-claims.ts';
import {CliError} from '../cli-error.ts';
import {endOfMigration} from '../end-of-migration.ts';
import {estateSecrets} from '../estate-secrets.ts';
import {type ExitCode, exitCodes} from '../exit-code.ts';
import {findingsText} from '../findings-text.ts';
import {standingHere} from '../known-runs.ts';
import {lanesOfPlan} from '../lanes-of-plan.ts';
import {type GlobalOptions, openedHosts, openEstate} from '../open-estate.ts';
import {readPlan} from '../plan-file.ts';
import {movesText} from '../plan-text.ts';
import {runsFolder} from '../run-places.ts';
import {steerRun} from '../steer-run.ts';
import {confirmed, type Terminal} from '../terminal.ts';
import {withStore} from '../user-store.ts';

export type RunCommand = GlobalOptions & {readonly dryRun?: boolean | undefined};

/** `dr run PLAN.json`: exactly that plan, when the world is still as it was where that matters. */
export async function run(file: string, options: RunCommand, terminal: Terminal): Promise<ExitCode> {
  const plan = await readPlan(file, terminal);
  const moves = migrationMoves(plan);
  const [first] = moves;
  if (!first) throw new CliError('USAGE', `${file} moves nothing`, {hint: 'Make another with: dr plan migrate --out'});
  const {estate} = await openEstate(terminal, options);
  const names = [...new Set(moves.flatMap(({from, to}) => [from, to]))];
  await using opened = openedHosts(names.map(name => findHost(estate, name)));
  const {hosts} = opened;
  const inventory = await readInventory(hosts.values(), {signal: terminal.interrupts.stop});
  refuseDrift(await driftOf(plan, moves, {estate, hosts, inventory, terminal}), {plan, file}, terminal);
  // The world may have changed in what the plan does not name: memory, room, claims.
  const {findings: found, assessment} = await repeatedPreflight(plan, hosts, inventory, {
    route: routeBetween(estate, first),
    signal: terminal.interrupts.stop,
    standingOf: claimant => standingHere(claimant, terminal.env),
  });
  const {claims} = assessment;
  const findings = [...found, ...lanePoolFindings(missingPools(estate, inventory.hosts))].toSorted(bySeverity);
  for (const finding of findings) terminal.event({type: 'finding', ...finding});
  terminal.event({type: 'plan', plan});
  if (!terminal.json) {
    const on = options.dryRun ? 'stdout' : 'stderr'; // what is to come, or the result
    const text = findingsText(findings, (style, words) => terminal.paint(style, words, on));
    const told = `${text === '' ? '' : `${text}\n\n`}${movesText(moves)}`;
    if (options.dryRun) terminal.say(told);
    else terminal.note(told);
  }
  if (findings.some(({severity}) => severity === 'blocks')) {
    throw new CliError('BLOCKED', 'Something stands in the way of what the plan moves, so nothing was moved', {
      hint: 'Do what each of the findings says, then run the plan again',
    });
  }
  if (plan.estate !== estateDigest(estate))
    terminal.note('\ndr.yaml has changed since, in nothing that this plan uses.');
  const broken = claimsToBreak({moves}, claims, options);
  if (options.dryRun) {
    tellBreaking(broken, terminal);
    return exitCodes.done;
  }
  await confirmed(terminal, `Run ${plan.intent.command} as planned (${counted(moves.length, 'domain')})?`, options);
  await confirmBreaking(broken, terminal, options);
  return await withStore(terminal, async store => {
    const secrets = await estateSecrets(estate, terminal);
    const lanes = lanesOfPlan(plan, estate, hosts);
    const outcome = await steerRun(plan, terminal, {store, context: {hosts}, ...lanes, secrets}, steered =>
      runPlan(plan, {...steered, runsFolder: runsFolder(terminal.env)}),
    );
    return endOfMigration({plan, outcome, hosts}, terminal);
  });
}

interface Seen {
  readonly estate: Estate;
  readonly hosts: ReadonlyMap<string, Host>;
  readonly inventory: Inventory;
  readonly terminal: Terminal;
}

async function driftOf(
  plan: Plan,
  moves: readonly DomainMove[],
  {estate, hosts, inventory, terminal}: Seen,
): Promise<Drift[]> {
  const [first] = moves;
  if (!first) return [];
  const answering = new Set(inventory.hosts.map(({name}) => name));
  const files = await Promise.all(
    moves.map(async move => {
      const target = answering.has(move.to) ? hosts.get(move.to) : undefined;
      return target ? filesInTheWay(target, move, {signal: terminal.interrupts.stop}) : {};
    }),
  );
  const targetFiles = Object.assign({}, ...files) as Awaited<ReturnType<typeof filesInTheWay>>;
  return migrationDrift(plan, {inventory, targetFiles, route: routeBetween(estate, first)});
}

function refuseDrift(
  drifts: readonly Drift[],
  {plan, file}: {readonly plan: Plan; readonly file: string},
  terminal: Terminal,
): void {
  if (drifts.length === 0) return;
  for (const drift of drifts) terminal.event({type: 'drift', ...drift});
  terminal.note(['Not as it was when the plan was made:', ...drifts.map(({message}) => `  ${message}`)].join('\n'));
  throw new CliError(
    'DRIFTED',
    `The plan does not fit any more (${counted(drifts.length, 'change')}), so nothing was done`,
    {
      hint: `Plan anew, over the old one: dr plan ${plan.intent.command.replace(/^migrate\b/u, word => `${word} --out ${shellWord(file)} --force`)}`,
    },
  );
}
