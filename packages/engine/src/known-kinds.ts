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
