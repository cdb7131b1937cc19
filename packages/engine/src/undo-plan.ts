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

/**
 * A plan that takes back what a run has done, last things first. Run it like any other; the same kinds know how. What a
 * step that stays was built on stays as well.
 */
export function undoPlan(
  plan: Plan,
  records: Readonly<Record<string, Pick<StepRecord, 'state'>>>,
  {kinds, run}: KnownKinds & {readonly run?: string},
): UndoPlan {
  const known = knownKinds(kinds);
  const asking = new Set(prompts.map(({kind}) => kind));
  const done = plan.steps.filter(({id}) => records[id]?.state === 'done');
  const lasting = done.filter(({kind}) => !known.has(undoingName(kind)) && !asking.has(kind));
  const kept = new Set(lasting.map(({id}) => id));
  keepWhatTheyNeed(kept, plan);
  const undone = done.filter(({id, kind}) => known.has(undoingName(kind)) && !kept.has(id));
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
  const {estate, inventory, mode, priority, intent: asked} = plan;
  const intent = {command: `undo of ${asked.command}`, ...(run !== undefined && {options: {undoes: run}})};
  return {
    plan: makePlan({intent, estate, inventory, mode, priority, steps}, {kinds}),
    stays: done.flatMap(({id, kind}) => (ids.has(id) || asking.has(kind) ? [] : [id])),
  };
}

/** Needs come before what needs them in no particular order of the list, so it is gone through until nothing is added. */
function keepWhatTheyNeed(kept: Set<string>, {steps}: Plan): void {
  const needs = new Map(steps.map(step => [step.id, step.needs]));
  const open = [...kept];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const {step} of needs.get(id) ?? []) {
      if (kept.has(step)) continue;
      kept.add(step);
      open.push(step);
    }
  }
}
