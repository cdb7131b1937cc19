import type {Plan, RunOutcome} from '@dr-toolkit/engine';
import {migrationMoves, migrationSummary, type SummaryRow} from '@dr-toolkit/migrate';

import type {Terminal} from './terminal.ts';

export interface EndedRun {
  readonly run: string;
  readonly status: string;
  readonly plan: Plan;
  /** By step. */
  readonly records: RunOutcome['steps'];
}

/** Says what became of each domain, as the last word of a run. */
export function tellSummary({run, status, plan, records}: EndedRun, terminal: Terminal): SummaryRow[] {
  const steps = plan.steps.map(({id, kind, args}) => {
    const {state = 'pending', result} = records[id] ?? {};
    return {id, kind, args, state, result};
  });
  const domains = migrationSummary(migrationMoves(plan), steps);
  terminal.event({type: 'summary', run, status, domains});
  return domains;
}
