import {runPlan} from '@dr-toolkit/engine';
import {shellWord} from '@dr-toolkit/estate';

import {counted} from '../amounts.ts';
import {claimsToBreak, confirmBreaking, tellBreaking} from '../break-claims.ts';
import {endOfMigration} from '../end-of-migration.ts';
import {estateSecrets} from '../estate-secrets.ts';
import {type ExitCode, exitCodes} from '../exit-code.ts';
import {standingHere} from '../known-runs.ts';
import {type GlobalOptions, openEstate} from '../open-estate.ts';
import {writePlan} from '../plan-file.ts';
import {type MigrateOptions, preparedMigration} from '../prepare-migration.ts';
import {runsFolder} from '../run-places.ts';
import {steerRun} from '../steer-run.ts';
import {refuseBlocked, tellPlan} from '../tell-plan.ts';
import {confirmed, type Terminal} from '../terminal.ts';
import {withStore} from '../user-store.ts';

export type MigrateCommand = GlobalOptions & MigrateOptions & {readonly dryRun?: boolean | undefined};

export type PlanMigrateCommand = GlobalOptions &
  MigrateOptions & {readonly out?: string | undefined; readonly force?: boolean | undefined};

/** `dr migrate --from A --to B [DOMAIN...]` */
export async function migrate(
  domains: readonly string[],
  options: MigrateCommand,
  terminal: Terminal,
): Promise<ExitCode> {
  if (options.dryRun) return planMigrate(domains, options, terminal);
  const {estate} = await openEstate(terminal, options);
  const prepared = await preparedMigration(estate, domains, options, ways(terminal));
  await using opened = prepared.opened;
  tellPlan(prepared, terminal, {on: 'stderr'});
  refuseBlocked(prepared);
  const {plan, moves, lanes, automatic} = prepared;
  if (!plan) return exitCodes.refused;
  await confirmBreaking(claimsToBreak(prepared, prepared.assessment.claims, options), terminal, options);
  const {from, to} = options;
  await confirmed(terminal, `Move ${counted(moves.length, 'domain')} from ${from} to ${to}?`, options);

  return await withStore(terminal, async store => {
    terminal.note('');
    const {hosts} = opened;
    const secrets = await estateSecrets(estate, terminal);
    const outcome = await steerRun(plan, terminal, {store, context: {hosts}, lanes, automatic, secrets}, steered =>
      runPlan(plan, {...steered, runsFolder: runsFolder(terminal.env)}),
    );
    return endOfMigration({plan, outcome, hosts}, terminal);
  });
}

/** `dr plan migrate`, and `dr migrate --dry-run` */
export async function planMigrate(
  domains: readonly string[],
  options: PlanMigrateCommand,
  terminal: Terminal,
): Promise<ExitCode> {
  const {estate} = await openEstate(terminal, options);
  const prepared = await preparedMigration(estate, domains, options, ways(terminal));
  await using _opened = prepared.opened;
  tellPlan(prepared, terminal, {on: 'stdout'});
  refuseBlocked(prepared);
  tellBreaking(claimsToBreak(prepared, prepared.assessment.claims, options), terminal);
  const {out, force} = options;
  if (out !== undefined && prepared.plan) {
    await writePlan(prepared.plan, out, {cwd: terminal.cwd, existing: force ? 'overwrite' : 'refuse'});
    terminal.note(`\nWrote ${out}. To run exactly this: dr run ${shellWord(out)}`);
  }
  return exitCodes.done;
}

function ways({interrupts, env}: Terminal) {
  return {signal: interrupts.stop, standingOf: (run: string) => standingHere(run, env)};
}
