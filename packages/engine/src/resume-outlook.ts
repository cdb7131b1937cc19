import {look} from './attempt.ts';
import type {StepRecord} from './board.ts';
import {commandsAfter, endsController} from './command.ts';
import {decideTurn} from './decide-turn.ts';
import {kindsOf} from './known-kinds.ts';
import {readLanes} from './line-up.ts';
import {newDraft} from './moves.ts';
import {OwnLine} from './own-line.ts';
import {parsePlan} from './parse-plan.ts';
import {contextOf, type Kinds} from './performer.ts';
import type {Step} from './plan.ts';
import {Redaction} from './redaction.ts';
import {lockKey} from './run-lock.ts';
import {type RunOptions, settledOptions, type SettledOptions} from './run-options.ts';
import type {RunStatus} from './run-event.ts';
import {readHolds, readPlan, readRun, readSteps} from './run-rows.ts';
import type {Found} from './step-kind.ts';
import {readerOf} from './store.ts';
import {lookMoves, runIsAlive, takenUp} from './take-up.ts';
import {readHolders, type Wait, waitsOn} from './waits.ts';

export interface StepOutlook {
  readonly step: Step;
  /** As it would stand once the run has been taken up. */
  readonly record: StepRecord;
  /**
   * What is done about it at once. `look`: it may have run, and is looked at before anything else; `begin`: it begins;
   * `ask`: a person is asked; `wait`: something else comes first; `stay`: it has ended, or nothing new is begun.
   */
  readonly next: 'look' | 'begin' | 'ask' | 'wait' | 'stay';
  /** What it waits for. */
  readonly waits: readonly Wait[];
  /** What a look says now; only of a step whose `next` is `look`. */
  readonly found?: Found;
}

/** What resuming a run would come to. */
export interface ResumeOutlook {
  readonly steps: readonly StepOutlook[];
  /** How the run would end at once; undefined when it goes on. */
  readonly status: RunStatus | undefined;
}

/**
 * What `resumeRun` would do first: the same decision from the same state, and the looks it would take. Records nothing,
 * and performs nothing.
 * @throws {RunError} `NO_SUCH_RUN`, `RUN_IS_ALIVE`
 * @throws {PlanError} as `resumeRun` does.
 */
export async function resumeOutlook<Context extends object>(
  id: string,
  given: RunOptions<Context> & {readonly answers?: Readonly<Record<string, boolean | string>>},
): Promise<ResumeOutlook> {
  const options = settledOptions(given);
  const {store, locks, clock, lanes: declared, placesDefault, parallel} = options;
  const reader = readerOf(store);
  const run = await readRun(reader, id);
  const plan = parsePlan(await readPlan(reader, id), options);
  const kinds = kindsOf(plan, options);
  if (await locks.poke(lockKey(store.id, id))) throw runIsAlive(id);

  const {board, underway} = takenUp(plan, await readSteps(reader, id));
  const moves = {board, draft: newDraft(), nowMs: clock.now()};
  lookMoves(moves, underway, new Set());
  const unheard = await commandsAfter(reader, id, run.commands);
  const stored = unheard.map(({command}) => command).filter(command => !endsController(command));
  const answers = Object.entries(given.answers ?? {}).map(
    ([step, value]) => ({command: 'answer', step, value}) as const,
  );
  const alive = await runsAlive(id, options);
  const isAlive = (other: string) => alive.has(other);
  const countCrashed = plan.mode !== 'disaster';
  const lanes = await readLanes(reader, id, {lanes: declared, placesDefault, countCrashed, isAlive});
  const holds = await readHolds(reader, id);
  const line = new OwnLine({run: id, board, kinds, priority: plan.priority, parallel, holds});
  const {status} = decideTurn(
    moves,
    {commands: [...stored, ...answers], ends: [], eased: [], lanes, stopWanted: 'no'},
    {
      run: id,
      line,
      stopping: 'no',
      limits: undefined,
      placesOf: lane => declared[lane] ?? placesDefault,
      lost: new Set(),
      isAlive,
      whenWaiting: 'return',
    },
  );

  const {begin, hold, release} = moves.draft;
  const kept = (await readHolders(store)).filter(({run: holder, step}) => holder !== id || !release.has(step));
  const begun = [...hold].flatMap(([step, held]) => held.map(({lane}) => ({lane, run: id, step})));
  const waits = waitsOn(board, [...kept, ...begun], moves.nowMs);
  const steps = await Promise.all(
    plan.steps.map(async (step): Promise<StepOutlook> => {
      const record = board.record(step.id);
      const beginning = begin.find(one => one.step === step.id);
      if (!beginning) {
        const asks = record.state === 'asking';
        const open = record.state === 'pending' && board.halted() === undefined;
        const next = asks ? 'ask' : open ? 'wait' : 'stay';
        return {step, record, next, waits: (open ? waits.get(step.id) : undefined) ?? []};
      }
      if (!beginning.mayHaveRun || !beginning.lookFirst) return {step, record, next: 'begin', waits: []};
      const found = await lookAt(step, record, {id, options, kinds, resultOf: other => board.record(other).result});
      return {step, record, next: 'look', waits: [], found};
    }),
  );
  return {steps, status};
}

interface Looking<Context> {
  readonly id: string;
  readonly options: SettledOptions<Context>;
  readonly kinds: Kinds<Context>;
  readonly resultOf: (step: string) => StepRecord['result'];
}

/** One look, as the first of an attempt. A look that fails tells nothing. */
async function lookAt<Context>(
  step: Step,
  {attempt: nr, token}: StepRecord,
  {id, options, kinds, resultOf}: Looking<Context>,
): Promise<Found> {
  const kind = kinds.get(step.kind);
  if (!kind) throw new TypeError(`No kind ${step.kind}`);
  const {clock, times, controller, secrets} = options;
  const redaction = new Redaction(secrets);
  const quiet = {onProgress: () => undefined, onLog: () => undefined, onEased: () => undefined};
  const attempt = {step, nr, token, mayHaveRun: true, lookFirst: true};
  const context = (signal: AbortSignal) => ({
    ...options.context,
    ...contextOf({run: id, controller, options, redaction, resultOf, ...quiet}, attempt, signal),
    learned: new Set<string>(),
  });
  const found = await look(attempt, {kind, context, times: {...times, clock}});
  const told =
    'failure' in found ? ({state: 'unknown', why: `looking failed: ${found.failure.message}`} as const) : found;
  return redaction.plain(told);
}

/** The other runs that matter to the lanes and have somebody at their controls. */
async function runsAlive<Context>(id: string, {store, locks}: SettledOptions<Context>): Promise<ReadonlySet<string>> {
  const rows = await store.read(
    `SELECT id FROM run WHERE id <> ? AND (state = 'running' OR id IN (SELECT run FROM hold))`,
    [id],
  );
  const others = await Promise.all(
    rows.map(async ({id: other}) => {
      const name = String(other);
      return (await locks.poke(lockKey(store.id, name))) ? [name] : [];
    }),
  );
  return new Set(others.flat());
}
