import type {LanePlaces, Priority} from '@dr-toolkit/lanes';

import {PlanError} from './engine-error.ts';
import {digestOf, frozenCopy, type Json, NotPlainError} from './json.ts';
import {knownKinds} from './known-kinds.ts';
import type {Intent, Need, OnFailure, Plan, PlanMode, Retries, Step, StepGroup} from './plan.ts';
import type {StepKind} from './step-kind.ts';

export interface StepInput {
  /** Letters, digits and `. _ : @ / + -`: it names a log file too. */
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly changes?: string;
  /** Plain data, as the kind wants it. */
  readonly args?: object;
  readonly group?: StepGroup;
  /** A plain id means `require`. */
  readonly needs?: ReadonlyArray<string | Need>;
  /** Default: what the kind says of these arguments. */
  readonly lanes?: readonly LanePlaces[];
  /** For one attempt. Default: none, it may take for ever. */
  readonly timeoutMs?: number | undefined;
  /** Default: none. */
  readonly retries?: Retries;
  /** Default: `stop` in a planned run, `skip-dependents` otherwise. */
  readonly onFailure?: OnFailure;
}

export interface PlanInput {
  readonly intent: Intent;
  readonly mode: PlanMode;
  /** Default: `recovery` in a disaster, `default` otherwise. */
  readonly priority?: Priority;
  readonly estate: string;
  readonly inventory: string;
  /** What has to hold still until the plan is run: plain data. */
  readonly premises?: object;
  readonly steps: readonly StepInput[];
}

export interface KnownKinds {
  // A kind takes its own arguments and a part of the context: here neither matters.
  readonly kinds: ReadonlyArray<StepKind<object, never>>;
}

/**
 * Settles a plan: fills in what was left open, refuses what cannot be right, and freezes it.
 * @throws {PlanError} `CYCLE`, `UNKNOWN_KIND`, `UNKNOWN_NEED`, `DUPLICATE_ID`, `BAD_ARGS`, `BAD_LANES`, `NOT_A_PLAN`.
 */
export function makePlan(input: PlanInput, {kinds}: KnownKinds): Plan {
  const known = knownKinds(kinds);
  const {intent, mode, estate, inventory, premises} = input;
  const steps = Object.freeze(input.steps.map(step => settled(step, mode, known)));
  refuseBadNeeds(steps);
  refuseCycles(steps);
  const priority = input.priority ?? (mode === 'disaster' ? 'recovery' : 'default');
  return sealed({
    format: 'dr-plan/1',
    intent: frozenCopy(intent),
    mode,
    priority,
    estate,
    inventory,
    ...(premises && {premises: frozenCopy(premises) as PlainArgs}),
    steps,
  });
}

/** The digest a plan must carry: over all of it but the digest itself. */
export function planDigest(plan: Omit<Plan, 'digest'>): string {
  const {format, intent, mode, priority, estate, inventory, premises, steps} = plan;
  return digestOf({format, intent, mode, priority, estate, inventory, ...(premises && {premises}), steps});
}

function sealed(plan: Omit<Plan, 'digest'>): Plan {
  return Object.freeze({...plan, digest: planDigest(plan)});
}

function settled(input: StepInput, mode: PlanMode, known: ReadonlyMap<string, StepKind<object, never>>): Step {
  const {id, kind, title, changes = title, group = {}, timeoutMs} = input;
  if (!/^[\w.:@/+-]{1,200}$/.test(id)) {
    throw new PlanError('NOT_A_PLAN', `Not a step id: ${JSON.stringify(id)}`, {
      hint: 'Use letters, digits and . _ : @ / + -, at most 200 of them',
    });
  }
  const acts = known.get(kind);
  if (!acts) {
    throw new PlanError('UNKNOWN_KIND', `Step ${id} is of an unknown kind: ${kind}`, {
      hint: `Known kinds: ${[...known.keys()].sort().join(', ')}`,
    });
  }
  const args = checkedArgs(input, acts);
  const lanes = input.lanes ?? acts.lanes?.(args) ?? [];
  refuseBadLanes(id, lanes);
  return Object.freeze({
    id,
    kind,
    title,
    changes,
    args,
    group: frozenCopy(group),
    needs: input.needs?.length ? frozenCopy(neededBy(input)) : nothingNeeded,
    lanes: frozenCopy(lanes),
    ...(timeoutMs !== undefined && {timeoutMs}),
    retries: input.retries ? frozenCopy(input.retries) : noRetries,
    onFailure: input.onFailure ?? (mode === 'planned' ? 'stop' : 'skip-dependents'),
  });
}

// One for all: a plan may have many thousands of steps.
const noRetries: Retries = Object.freeze({max: 0, backoffMs: 1000});
const nothingNeeded: readonly Need[] = Object.freeze([]);

function neededBy({needs = []}: StepInput): Need[] {
  return needs.map(need => (typeof need === 'string' ? {step: need, need: 'require'} : need));
}

type PlainArgs = {readonly [key: string]: Json};

function checkedArgs({id, args = {}}: StepInput, kind: StepKind<object, never>): PlainArgs {
  try {
    return frozenCopy(kind.args?.parse(args) ?? args) as PlainArgs;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new PlanError('BAD_ARGS', `Step ${id}, arguments: ${message}`, {
      hint:
        error instanceof NotPlainError
          ? 'Hand names and numbers to a step, and look the rest up when it runs'
          : `See what a ${kind.kind} step takes`,
      cause: error,
    });
  }
}

function refuseBadLanes(id: string, lanes: readonly LanePlaces[]): void {
  const names = new Set(lanes.map(({lane}) => lane));
  const bad =
    names.size < lanes.length ||
    lanes.some(({lane, places}) => lane === '' || !(Number.isInteger(places) && places > 0));
  if (bad) {
    throw new PlanError('BAD_LANES', `Step ${id} wants lanes that make no sense: ${JSON.stringify(lanes)}`, {
      hint: 'Name each lane once, with one place or more',
    });
  }
}

function refuseBadNeeds(steps: readonly Step[]): void {
  const ids = new Set<string>();
  for (const {id} of steps) {
    if (ids.has(id)) {
      throw new PlanError('DUPLICATE_ID', `Two steps are called ${id}`, {hint: 'Give each step an id of its own'});
    }
    ids.add(id);
  }
  for (const {id, needs} of steps) {
    const missing = needs.find(need => !ids.has(need.step));
    if (missing) {
      throw new PlanError('UNKNOWN_NEED', `Step ${id} needs ${missing.step}, which is not in the plan`, {
        hint: 'Add that step, or drop the need',
      });
    }
  }
}

/** Takes away what needs nothing more, again and again; what remains stands in a circle. */
function refuseCycles(steps: readonly Step[]): void {
  const open = new Map(steps.map(({id, needs}) => [id, needs.length]));
  const dependents = Map.groupBy(
    steps.flatMap(({id, needs}) => needs.map(need => ({id, on: need.step}))),
    ({on}) => on,
  );
  const free = steps.filter(({needs}) => needs.length === 0).map(({id}) => id);
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    open.delete(id);
    for (const dependent of dependents.get(id) ?? []) {
      const left = (open.get(dependent.id) ?? 0) - 1;
      open.set(dependent.id, left);
      if (left === 0) free.push(dependent.id);
    }
  }
  if (open.size > 0) {
    const circle = circleIn(new Map(steps.map(step => [step.id, step])), open);
    throw new PlanError('CYCLE', `These steps wait for each other: ${circle.join(' -> ')}`, {
      hint: 'Drop one of these needs',
    });
  }
}

function circleIn(steps: ReadonlyMap<string, Step>, open: ReadonlyMap<string, number>): string[] {
  const path: string[] = [];
  let [id] = open.keys();
  while (id !== undefined && !path.includes(id)) {
    path.push(id);
    id = steps.get(id)?.needs.find(need => open.has(need.step))?.step;
  }
  return id === undefined ? path : [...path.slice(path.indexOf(id)), id];
}
