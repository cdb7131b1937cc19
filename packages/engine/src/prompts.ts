import {z} from 'zod';

import type {Question} from './question.ts';
import type {StepKind} from './step-kind.ts';

/** Steps that a person performs. Their result is `{answer}`; a confirmation answered with no is a failure. */
export const confirm = prompt('confirm', z.object({text: z.string()}), ({text}) => ({ask: 'confirm', text}));

export const choose = prompt(
  'choose',
  z.object({text: z.string(), choices: z.array(z.string()).min(1)}),
  ({text, choices}) => ({ask: 'choose', text, choices}),
);

/** For what cannot be taken back: the name (of the host) is typed in full. */
export const typeName = prompt('type-name', z.object({text: z.string(), name: z.string().min(1)}), ({text, name}) => ({
  ask: 'type',
  text,
  expect: name,
}));

/** The prompts, known to every run without being listed. */
export const prompts: ReadonlyArray<StepKind<object, unknown>> = [confirm, choose, typeName];

function prompt<Args extends object>(
  kind: string,
  args: {parse(value: unknown): Args},
  ask: (args: Args) => Question,
): StepKind<Args, unknown> {
  return Object.freeze({
    kind,
    args,
    ask,
    inspect: async () => ({state: 'pending' as const}),
    perform: async () => {
      throw new TypeError('A prompt is answered, not performed');
    },
  });
}
