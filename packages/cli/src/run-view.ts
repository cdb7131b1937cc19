import type {Failure, Json, LiveEvent, Plan, Progress, RunEvent, RunStatus, Step} from '@dr-toolkit/engine';

import {limitText, lostText} from './limit-text.ts';
import {type CarriedStep, runProgress, type RunProgress} from './run-progress.ts';
import {waitsText} from './waits-text.ts';

export type RowState = 'waiting' | 'running' | 'asking' | 'done' | 'failed' | 'skipped' | 'cancelled';

/** What stands on one line of a display: the steps of one domain, or a step that belongs to none. */
export interface RowView {
  readonly name: string;
  readonly wave?: number;
  readonly service?: string;
  readonly state: RowState;
  /** Title of the step that is under way, failed, or comes next; of the last one when all are done. */
  readonly act: string;
  readonly progress?: Progress;
  /** Until the step under way has carried all its bytes, by its present rate. */
  readonly etaMs?: number;
  /** Why it has not begun or does not go on. */
  readonly waits?: string;
  readonly failure?: Failure;
  readonly startedMs?: number;
  readonly endedMs?: number;
  /** What its steps told when they were done, by key; the later wins. */
  readonly facts: Readonly<Record<string, Json>>;
}

export interface StepSoFar {
  readonly state: string;
  readonly result?: Json | undefined;
  readonly error?: Failure | undefined;
}

export interface RunViewOptions {
  /** Places by lane, and of those that are not named. */
  readonly lanes?: Readonly<Record<string, number>>;
  readonly placesDefault?: number;
  /** How far a resumed run had come, by step. */
  readonly soFar?: ReadonlyMap<string, StepSoFar>;
  /** How many bytes a step carries, by step. */
  readonly weights?: ReadonlyMap<string, number>;
}

interface StepStatus {
  state: RowState;
  progress: Progress | undefined;
  failure: Failure | undefined;
  because: string | undefined;
  result: Json | undefined;
  /** Lanes that it gave back while it still runs. */
  eased: readonly string[];
  startedMs: number | undefined;
  endedMs: number | undefined;
}

/** How much one reading counts for the rate by which a run's end is foretold. */
const smoothing = 0.2;

/**
 * What is to be shown of a run: fed with its events, asked for its rows. No clock, no output.
 */
export class RunView {
  readonly plan: Plan;
  readonly #steps = new Map<string, StepStatus>();
  readonly #rows = new Map<string, Step[]>();
  readonly #planned: ReadonlyMap<string, Step>;
  readonly #lanes: Map<string, number>;
  readonly #placesDefault: number;
  readonly #weights: ReadonlyMap<string, number>;
  /** Smoothed: between two moves nothing is carried, and the run goes on. */
  #bytesPerSecond = 0;
  #status: RunStatus | 'running' = 'running';
  readonly #limits = new Map<string, string>();
  #paused: string | undefined;
  #stopping: 'stop' | 'abort' | undefined;
  /** The step whose failure lets nothing more start. */
  #halted: string | undefined;
  #interrupted = false;

  constructor(
    plan: Plan,
    {lanes = {}, placesDefault = 2, soFar = new Map(), weights = new Map()}: RunViewOptions = {},
  ) {
    this.plan = plan;
    this.#weights = weights;
    this.#planned = new Map(plan.steps.map(step => [step.id, step]));
    this.#lanes = new Map(Object.entries(lanes));
    this.#placesDefault = placesDefault;
    for (const step of plan.steps) {
      this.#steps.set(step.id, startedFrom(soFar.get(step.id)));
      const name = rowOf(step);
      this.#rows.set(name, [...(this.#rows.get(name) ?? []), step]);
    }
  }

  get status(): RunStatus | 'running' {
    return this.#status;
  }

  /** Why nothing starts at present, in words; undefined when it does, and when the run has ended. */
  get hindrance(): string | undefined {
    if (this.#status !== 'running') return undefined;
    if (this.#paused !== undefined) return this.#paused;
    if (this.#stopping === 'abort') return `aborting${this.#next('leaves')}: what runs is being ended`;
    if (this.#stopping === 'stop') return `stopping${this.#next('aborts')}: what runs is let end, nothing more starts`;
    return this.#halted === undefined ? undefined : 'a step failed: what runs is let end, nothing more starts';
  }

  /** Lanes that were changed while the run goes on, in words. */
  get limits(): readonly string[] {
    return [...this.#limits.values()];
  }

  /** Takes an event in, and tells the row that it changes; undefined when it concerns the run as a whole. */
  apply(event: RunEvent | LiveEvent): string | undefined {
    if (isStepEvent(event)) return this.#applyToStep(event);
    switch (event.type) {
      case 'run-ended':
        this.#status = event.status;
        break;
      case 'run-stopping':
        this.#stopping = event.how;
        break;
      case 'run-halted':
        this.#halted = event.step;
        break;
      case 'lane-limit':
        this.#lanes.set(event.lane, event.places);
        this.#limits.set(event.lane, limitText(event));
        break;
      case 'holder-lost':
        for (const lane of event.lanes) this.#limits.set(`${lane} ${event.run}`, lostText({...event, lanes: [lane]}));
        break;
      case 'paused':
        this.#paused = event.why;
        break;
      case 'unpaused':
        this.#paused = undefined;
        break;
      case 'run-started':
      case 'run-resumed':
      case 'journal-repaired':
        break;
    }
    return undefined;
  }

  /** The operator has pressed Ctrl-C: what the next one does is to be told. */
  interrupted(): void {
    this.#interrupted = true;
  }

  #next(does: 'aborts' | 'leaves'): string {
    return this.#interrupted ? ` (Ctrl-C again ${does})` : '';
  }

  #applyToStep(event: StepEvent): string | undefined {
    const status = this.#steps.get(event.step);
    const step = this.#planned.get(event.step);
    if (!status || !step) return undefined;
    Object.assign(status, changeBy(event));
    if (event.type === 'step-reset' && event.step === this.#halted) this.#halted = this.#stoppedBy();
    const rate = this.bytesPerSecond();
    if (event.type === 'progress' && rate > 0) {
      this.#bytesPerSecond += (this.#bytesPerSecond === 0 ? 1 : smoothing) * (rate - this.#bytesPerSecond);
    }
    return rowOf(step);
  }

  /** A failed step that was planned to stop the run. */
  #stoppedBy(): string | undefined {
    const stops = ({id, onFailure}: Step) => onFailure === 'stop' && this.#statusOf(id).state === 'failed';
    return this.plan.steps.find(stops)?.id;
  }

  /** All rows, in the order of the plan; or those in certain states. */
  rows(states?: readonly RowState[]): RowView[] {
    const names = [...this.#rows].filter(([, steps]) => !states || states.includes(this.#rowState(steps)));
    return names.map(([name]) => this.row(name));
  }

  row(name: string): RowView {
    const steps = this.#rows.get(name) ?? [];
    const statuses = steps.map(step => this.#statusOf(step.id));
    const state = this.#rowState(steps);
    const present = steps[presentIndex(statuses, state)];
    const status = this.#statusOf(present?.id ?? '');
    const started = statuses.flatMap(({startedMs}) => startedMs ?? []);
    const ended = statuses.flatMap(({endedMs}) => endedMs ?? []);
    const etaMs = etaOf(status.progress);
    const waits = state === 'waiting' && present ? this.#waits(present) : status.because;
    const {wave, service} = steps[0]?.group ?? {};
    return {
      name,
      ...(wave !== undefined && {wave}),
      ...(service !== undefined && {service}),
      state,
      act: present?.title ?? name,
      facts: Object.assign({}, ...statuses.map(({result}) => factsOf(result))) as Record<string, Json>,
      ...(status.progress && {progress: status.progress}),
      ...(etaMs !== undefined && {etaMs}),
      ...(waits !== undefined && {waits}),
      ...(status.failure && {failure: status.failure}),
      ...(started.length > 0 && {startedMs: Math.min(...started)}),
      ...(state === 'done' && ended.length > 0 && {endedMs: Math.max(...ended)}),
    };
  }

  counts(): Readonly<Record<RowState, number>> {
    const counts = {waiting: 0, running: 0, asking: 0, done: 0, failed: 0, skipped: 0, cancelled: 0};
    for (const steps of this.#rows.values()) counts[this.#rowState(steps)] += 1;
    return counts;
  }

  /** Bytes per second of all that runs. */
  bytesPerSecond(): number {
    return [...this.#steps.values()].reduce((sum, {progress}) => sum + (progress?.bytesPerSecond ?? 0), 0);
  }

  /** How far the run has come by what it carries, and how long the rest takes at its present rate. */
  progress(): (RunProgress & {readonly etaMs?: number}) | undefined {
    const steps = Array.from(this.#weights, ([id, weightBytes]): CarriedStep => {
      const {state, progress} = this.#statusOf(id);
      return {weightBytes, state: carriedState(state), progress};
    });
    const come = runProgress(steps);
    if (!come || come.leftBytes === 0 || this.#bytesPerSecond === 0) return come;
    return {...come, etaMs: (come.leftBytes / this.#bytesPerSecond) * 1000};
  }

  #rowState(steps: readonly Step[]): RowState {
    return rowState(steps.map(({id}) => this.#statusOf(id).state));
  }

  #statusOf(step: string): StepStatus {
    return this.#steps.get(step) ?? startedFrom(undefined);
  }

  /** Full lanes are told with who holds them. */
  #waits(step: Step): string | undefined {
    const needs = step.needs.filter(need => !['done', 'failed'].includes(this.#statusOf(need.step).state));
    const foreign = needs.flatMap(need => this.#planned.get(need.step) ?? []).map(rowOf);
    const others = [...new Set(foreign)].filter(name => name !== rowOf(step));
    if (others.length > 0) return `after ${others.join(', ')}`;
    const running = this.plan.steps.filter(({id}) => this.#statusOf(id).state === 'running');
    const full = step.lanes.flatMap(({lane, places}) => {
      const holds = ({id, lanes}: Step) =>
        lanes.some(held => held.lane === lane) && !this.#statusOf(id).eased.includes(lane);
      const holders = running.filter(holds);
      const held = holders.reduce((sum, other) => sum + (other.lanes.find(one => one.lane === lane)?.places ?? 0), 0);
      const room = this.#lanes.get(lane) ?? this.#placesDefault;
      return held + Math.min(places, room) > room ? [{lane, holders: holders.map(rowOf)}] : [];
    });
    return full.length > 0 ? waitsText(full) : undefined;
  }
}

/** Events of one step. The run's halt names a step too, and concerns them all. */
export type StepEvent = Exclude<Extract<RunEvent | LiveEvent, {step: string}>, {type: 'run-halted'}>;
export type WholeRunEvent = Exclude<RunEvent | LiveEvent, StepEvent>;

export function isStepEvent(event: RunEvent | LiveEvent): event is StepEvent {
  return 'step' in event && event.type !== 'run-halted';
}

/** What an event changes of its step. */
function changeBy(event: StepEvent): Partial<StepStatus> {
  const endedMs = 'at' in event ? Date.parse(event.at) : undefined;
  const progress = undefined;
  switch (event.type) {
    case 'step-started':
      return {state: 'running', progress, failure: undefined, because: undefined, eased: [], startedMs: endedMs};
    case 'step-done':
      return {state: 'done', progress, failure: undefined, result: event.result, endedMs};
    case 'step-failed':
      return {state: 'failed', progress, failure: event.error, endedMs};
    case 'step-retrying':
      return {state: 'waiting', progress, failure: event.error};
    case 'step-skipped':
      return {state: 'skipped', because: event.because, endedMs};
    case 'step-cancelled':
      return {state: 'cancelled', progress, endedMs};
    case 'step-asks':
      return {state: 'asking', progress, because: event.question.text};
    case 'step-answered':
    case 'step-reset':
      return {state: 'waiting', progress, failure: undefined, because: undefined};
    case 'progress':
      return {progress: event.progress};
    case 'lanes-eased':
      return {eased: event.lanes.map(({lane}) => lane)};
    case 'log':
      return {};
  }
  return event satisfies never;
}

function rowOf({id, group}: Step): string {
  return group.subject ?? id;
}

function carriedState(state: RowState): CarriedStep['state'] {
  if (state === 'waiting') return 'to do';
  return state === 'running' || state === 'done' ? state : 'left';
}

function startedFrom(soFar: StepSoFar | undefined): StepStatus {
  const known: readonly string[] = ['done', 'failed', 'skipped', 'asking'];
  const state = soFar && known.includes(soFar.state) ? (soFar.state as RowState) : 'waiting';
  const nothing = {progress: undefined, because: undefined, eased: [], startedMs: undefined, endedMs: undefined};
  return {...nothing, state, failure: soFar?.error, result: soFar?.result};
}

function rowState(states: readonly RowState[]): RowState {
  for (const state of ['failed', 'asking', 'running', 'cancelled', 'waiting', 'skipped'] as const) {
    if (states.includes(state)) return state;
  }
  return 'done';
}

/** The step that gives its row the state it has; the last one when all are done. */
function presentIndex(statuses: readonly StepStatus[], state: RowState): number {
  const index = statuses.findIndex(status => status.state === state);
  return state === 'done' || index === -1 ? statuses.length - 1 : index;
}

function etaOf(progress: Progress | undefined): number | undefined {
  const {bytesDone, bytesTotal, bytesPerSecond} = progress ?? {};
  if (bytesDone === undefined || bytesTotal === undefined || !bytesPerSecond) return undefined;
  return (Math.max(0, bytesTotal - bytesDone) / bytesPerSecond) * 1000;
}

function factsOf(result: Json | undefined): Readonly<Record<string, Json>> {
  return typeof result === 'object' && result !== null && !Array.isArray(result)
    ? (result as Readonly<Record<string, Json>>)
    : {};
}
