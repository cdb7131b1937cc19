import type {StepRecord} from './board.ts';
import {type KnownKinds, makePlan, type StepInput} from './make-plan.ts';
import {knownKinds} from './known-kinds.ts';
import type {Plan} from './plan.ts';
import {prompts} from './prompts.ts';
import {undoingName} from './undoing.ts';

export interface UndoPlan {
  readonly plan: Plan;
  /** Steps that were done and cannot be undone: they stay. */
  readonly stays: readonly string[];
}

/** A plan that takes back what a run has done, last things first. Run it like any other; the same kinds know how. */
export function undoPlan(
  plan: Plan,
  records: Readonly<Record<string, Pick<StepRecord, 'state'>>>,
  {kinds}: KnownKinds,
): UndoPlan {
  const known = knownKinds(kinds);
  const asking = new Set(prompts.map(({kind}) => kind));
  const done = plan.steps.filter(({id}) => records[id]?.state === 'done');
  const undone = done.filter(({kind}) => known.has(undoingName(kind)));
  const ids = new Set(undone.map(({id}) => id));
  const dependents = Map.groupBy(
    undone.flatMap(({id, needs}) => needs.map(({step}) => ({id, step}))),
    ({step}) => step,
  );
  const steps = undone.map(({id, kind, title, args, group, lanes, timeoutMs, retries}): StepInput => {
    return {
      id: undoingName(id),
      kind: undoingName(kind),
      title: `Undo: ${title}`,
      args,
      group,
      lanes,
      retries,
      needs: (dependents.get(id) ?? []).map(dependent => undoingName(dependent.id)),
      timeoutMs,
    };
  });
  const {estate, inventory, mode, priority, intent} = plan;
  const command = `undo of ${intent.command}`;
  return {
    plan: makePlan({intent: {command}, estate, inventory, mode, priority, steps}, {kinds}),
    stays: done.flatMap(({id, kind}) => (ids.has(id) || asking.has(kind) ? [] : [id])),
  };
}
