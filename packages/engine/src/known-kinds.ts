import {PlanError} from './engine-error.ts';
import type {Plan} from './plan.ts';
import {prompts} from './prompts.ts';
import type {StepKind} from './step-kind.ts';
import {undoing} from './undoing.ts';

/** All kinds a plan may name: the caller's, what undoes them, and the prompts. */
export function knownKinds<Context>(
  kinds: ReadonlyArray<StepKind<object, Context>>,
): Map<string, StepKind<object, Context>> {
  const all: Array<StepKind<object, Context>> = [...prompts, ...kinds, ...kinds.flatMap(kind => undoing(kind) ?? [])];
  return new Map(all.map(kind => [kind.kind, kind]));
}

/** The same, when the plan names no others. @throws {PlanError} `UNKNOWN_KIND` */
export function kindsOf<Context>(
  plan: Plan,
  {kinds}: {readonly kinds: ReadonlyArray<StepKind<object, Context>>},
): Map<string, StepKind<object, Context>> {
  const known = knownKinds(kinds);
  const unknown = plan.steps.find(step => !known.has(step.kind));
  if (unknown) {
    throw new PlanError('UNKNOWN_KIND', `Step ${unknown.id} is of an unknown kind: ${unknown.kind}`, {
      hint: 'Run it with the version of dr that made the plan',
    });
  }
  return known;
}
