import type {Json} from './json.ts';
import type {OnFailure, Plan, Step} from './plan.ts';
import type {Question} from './question.ts';
import type {Failure} from './run-event.ts';

/** `cancelled`: it was running when the run was aborted, and is quiet now; a resumed run takes it up again. */
export type StepState = 'pending' | 'running' | 'asking' | 'done' | 'failed' | 'skipped' | 'cancelled';

/** Where a step stands. Replaced, never changed. */
export interface StepRecord {
  readonly state: StepState;
  readonly attempt: number;
  readonly token: number;
  /** A retry waits until then. */
  readonly notBeforeMs: number;
  readonly question?: Question;
  readonly result?: Json;
  readonly error?: Failure & {
    /** What this failure means for the others. */
    readonly effect: Exclude<OnFailure, 'ask'>;
  };
  readonly startedMs?: number;
  readonly endedMs?: number;
}

export const untouched: StepRecord = {state: 'pending', attempt: 0, token: 0, notBeforeMs: 0};

/**
 * A plan with the state of its steps: what is ready, what must be skipped, what is left. Changes are provisional until
 * `keep`; `revert` takes them back when they could not be recorded.
 */
export class Board {
  readonly plan: Plan;
  readonly #steps = new Map<string, Step>();
  readonly #records = new Map<string, StepRecord>();
  readonly #dependents = new Map<string, Array<{id: string; need: 'require' | 'prefer'}>>();
  /** Needs that are not yet met, by step. */
  readonly #unmet = new Map<string, number>();
  readonly #ready = new Set<string>();
  readonly #counts = new Map<StepState, number>();
  readonly #before = new Map<string, StepRecord>();

  constructor(plan: Plan, records: ReadonlyMap<string, StepRecord> = new Map()) {
    this.plan = plan;
    for (const step of plan.steps) {
      this.#steps.set(step.id, step);
      this.#records.set(step.id, records.get(step.id) ?? untouched);
      this.#dependents.set(step.id, []);
    }
    for (const {id, needs} of plan.steps) {
      for (const {step, need} of needs) this.#dependents.get(step)?.push({id, need});
    }
    this.#recount();
  }

  step(id: string): Step | undefined {
    return this.#steps.get(id);
  }

  record(id: string): StepRecord {
    return this.#records.get(id) ?? untouched;
  }

  count(state: StepState): number {
    return this.#counts.get(state) ?? 0;
  }

  counts(): Record<string, number> {
    return Object.fromEntries([...this.#counts].filter(([, count]) => count > 0));
  }

  /** Steps whose needs are met and that have not begun, in the order they became ready. */
  ready(): Iterable<string> {
    return this.#ready;
  }

  get readyCount(): number {
    return this.#ready.size;
  }

  inState(state: StepState): string[] {
    return this.plan.steps.flatMap(({id}) => (this.record(id).state === state ? [id] : []));
  }

  /** The first failure that stops the run, if there is one. */
  halted(): string | undefined {
    if (this.count('failed') === 0) return undefined;
    return this.inState('failed').find(id => this.record(id).error?.effect === 'stop');
  }

  /** The needs a step still waits for. */
  unmetNeeds(id: string): string[] {
    return (this.#steps.get(id)?.needs ?? []).flatMap(({step, need}) => (this.#meets(step, need) ? [] : [step]));
  }

  set(id: string, record: StepRecord): void {
    const old = this.record(id);
    if (!this.#before.has(id)) this.#before.set(id, old);
    const before = this.#dependents.get(id)?.map(({need}) => this.#meets(id, need));
    this.#records.set(id, record);
    this.#counts.set(old.state, this.count(old.state) - 1);
    this.#counts.set(record.state, this.count(record.state) + 1);
    this.#placeReady(id);
    for (const [index, dependent] of (this.#dependents.get(id) ?? []).entries()) {
      const change = Number(this.#meets(id, dependent.need)) - Number(before?.[index]);
      if (change === 0) continue;
      this.#unmet.set(dependent.id, (this.#unmet.get(dependent.id) ?? 0) - change);
      this.#placeReady(dependent.id);
    }
  }

  /** Pending steps that can no longer be done because `id` was not, nearest first, each with the step to blame. */
  doomedBy(id: string): Array<{id: string; because: string}> {
    const doomed = new Map<string, string>();
    const line = [id];
    for (let cause = line.shift(); cause !== undefined; cause = line.shift()) {
      for (const dependent of this.#dependents.get(cause) ?? []) {
        if (dependent.need === 'prefer' || doomed.has(dependent.id)) continue;
        if (this.record(dependent.id).state !== 'pending') continue;
        doomed.set(dependent.id, cause);
        line.push(dependent.id);
      }
    }
    return Array.from(doomed, ([step, because]) => ({id: step, because}));
  }

  /** Steps that were skipped only because of `id`, and become pending again when it is retried. */
  skippedFor(id: string): string[] {
    const found = new Set<string>();
    const line = [id];
    for (let cause = line.shift(); cause !== undefined; cause = line.shift()) {
      for (const dependent of this.#dependents.get(cause) ?? []) {
        if (found.has(dependent.id) || this.record(dependent.id).state !== 'skipped') continue;
        found.add(dependent.id);
        line.push(dependent.id);
      }
    }
    for (;;) {
      const blocked = [...found].filter(step => this.#blocked(step, new Set([...found, id])));
      if (blocked.length === 0) return [...found];
      for (const step of blocked) found.delete(step);
    }
  }

  /** The step that failed for which this one was skipped; undefined when there is none any more. */
  causeOf(id: string): string | undefined {
    if (this.record(id).state !== 'skipped') return undefined;
    const line = [id];
    for (let step = line.shift(); step !== undefined; step = line.shift()) {
      const bad = this.unmetNeeds(step).filter(need => ['failed', 'skipped'].includes(this.record(need).state));
      const failed = bad.find(need => this.record(need).state === 'failed');
      if (failed !== undefined) return failed;
      line.push(...bad);
    }
    return undefined;
  }

  /** Changed since the last `keep`. */
  changed(): string[] {
    return [...this.#before.keys()];
  }

  keep(): void {
    this.#before.clear();
  }

  revert(): void {
    for (const [id, record] of this.#before) this.#records.set(id, record);
    this.#before.clear();
    this.#recount();
  }

  #blocked(id: string, hoped: ReadonlySet<string>): boolean {
    return (this.#steps.get(id)?.needs ?? []).some(({step, need}) => {
      if (need === 'prefer' || hoped.has(step)) return false;
      const {state, error} = this.record(step);
      return state === 'skipped' || (state === 'failed' && error?.effect === 'skip-dependents');
    });
  }

  #meets(id: string, need: 'require' | 'prefer'): boolean {
    const {state, error} = this.record(id);
    if (state === 'done') return true;
    if (state === 'failed' && error?.effect === 'continue') return true;
    return need === 'prefer' && (state === 'failed' || state === 'skipped');
  }

  #placeReady(id: string): void {
    if (this.record(id).state === 'pending' && this.#unmet.get(id) === 0) this.#ready.add(id);
    else this.#ready.delete(id);
  }

  #recount(): void {
    this.#counts.clear();
    this.#ready.clear();
    for (const {id, needs} of this.plan.steps) {
      const {state} = this.record(id);
      this.#counts.set(state, this.count(state) + 1);
      this.#unmet.set(id, needs.filter(({step, need}) => !this.#meets(step, need)).length);
      this.#placeReady(id);
    }
  }
}
