/** Runs any plan: order, lanes, retries, journal, resume. Knows nothing of what the steps do. */
export {type Clock, realClock} from './clock.ts';
export {PlanError, type PlanErrorCode, RunError, type RunErrorCode} from './engine-error.ts';
export {canonicalJson, digestOf, type Json} from './json.ts';
export {type KnownKinds, makePlan, planDigest, type PlanInput, type StepInput} from './make-plan.ts';
export {parsePlan} from './parse-plan.ts';
export type {Intent, Need, OnFailure, Plan, PlanMode, Retries, Step, StepGroup} from './plan.ts';
export {choose, confirm, prompts, typeName} from './prompts.ts';
export {checkedAnswer, type FailureAnswer, type Question, type Settlement} from './question.ts';
export {defineStep, type Found, type Progress, type StepActs, type StepContext, type StepKind} from './step-kind.ts';
