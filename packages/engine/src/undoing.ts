import type {Found, StepKind} from './step-kind.ts';

/** The name of the kind that undoes another. */
export function undoingName(kind: string): string {
  return `undo:${kind}`;
}

/** A kind whose act is the other's undo: done where nothing of the other is left, pending where it is done. */
export function undoing<Context>(kind: StepKind<object, Context>): StepKind<object, Context> | undefined {
  if (!kind.undo) return undefined;
  const {args} = kind;
  return Object.freeze<StepKind<object, Context>>({
    kind: undoingName(kind.kind),
    ...(args && {args}),
    retryable: error => kind.retryable?.(error) ?? true,
    lanes: given => kind.lanes?.(given) ?? [],
    inspect: async (given, context) =>
      kind.inspectUndo ? kind.inspectUndo(given, context) : turned(await kind.inspect(given, context)),
    perform: async (given, context) => kind.undo?.(given, context),
  });
}

function turned(found: Found): Found {
  if (found.state === 'done') return {state: 'pending'};
  return found.state === 'pending' ? {state: 'done'} : found;
}
