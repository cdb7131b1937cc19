import {z} from 'zod';

import {PlanError} from './engine-error.ts';
import {frozenCopy, type Json} from './json.ts';
import {type KnownKinds, makePlan, planDigest} from './make-plan.ts';
import type {Plan} from './plan.ts';

const lanePlaces = z.strictObject({lane: z.string(), places: z.int()});
const jsonObject = z.record(z.string(), z.custom<Json>());
const stepSchema = z.strictObject({
  id: z.string(),
  kind: z.string(),
  title: z.string(),
  changes: z.string(),
  args: jsonObject,
  group: z.strictObject({
    wave: z.int().exactOptional(),
    service: z.string().exactOptional(),
    subject: z.string().exactOptional(),
  }),
  needs: z.array(z.strictObject({step: z.string(), need: z.enum(['require', 'prefer'])})),
  lanes: z.array(lanePlaces),
  timeoutMs: z.number().positive().exactOptional(),
  retries: z.strictObject({max: z.int().min(0), backoffMs: z.number().min(0)}),
  onFailure: z.enum(['stop', 'skip-dependents', 'ask', 'continue']),
});
const planSchema = z.strictObject({
  format: z.literal('dr-plan/1'),
  intent: z.strictObject({command: z.string(), options: jsonObject.exactOptional()}),
  mode: z.enum(['planned', 'disaster', 'drill']),
  priority: z.enum(['recovery', 'replication', 'backup', 'default']),
  estate: z.string(),
  inventory: z.string(),
  premises: jsonObject.exactOptional(),
  steps: z.array(stepSchema),
  digest: z.string(),
});

/**
 * Reads a plan back from JSON (text or parsed) and checks it as if it were made now.
 * @throws {PlanError} `NOT_A_PLAN`, `DIGEST_MISMATCH` when it was changed by hand, and what `makePlan` throws.
 */
export function parsePlan(json: unknown, {kinds}: KnownKinds): Plan {
  const parsed = planSchema.safeParse(typeof json === 'string' ? parsedText(json) : json);
  if (!parsed.success) {
    throw new PlanError('NOT_A_PLAN', `Not a plan of dr:\n${z.prettifyError(parsed.error)}`, {
      hint: 'Write it with: dr plan ... --out plan.json',
    });
  }
  const plan: Plan = parsed.data;
  if (planDigest(plan) !== plan.digest) {
    throw new PlanError('DIGEST_MISMATCH', `The plan was changed after it was made: it no longer fits ${plan.digest}`, {
      hint: 'Make the plan again instead of editing it',
    });
  }
  makePlan(plan, {kinds});
  return frozenCopy(plan);
}

function parsedText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new PlanError('NOT_A_PLAN', 'Not a plan of dr: not even JSON', {
      hint: 'Write it with: dr plan ... --out plan.json',
      cause: error,
    });
  }
}
