import {type LanePlaces, type LaneRequest, tally} from '@dr-toolkit/lanes';

import {type Attempt, type AttemptOutcome, runAttempt} from './attempt.ts';
import type {Board} from './board.ts';
import {type Command, commandsAfter} from './command.ts';
import {RunError} from './engine-error.ts';
import {chained} from './journal.ts';
import {grants, type LaneView, readLanes, writeWants} from './line-up.ts';
import {answerMove, askMove, beginMove, type Draft, type Moves, newDraft, outcomeMove, retryMove} from './moves.ts';
import type {Plan} from './plan.ts';
import type {Question} from './question.ts';
import type {Redaction} from './redaction.ts';
import type {LiveEvent, RunEvent, RunStatus} from './run-event.ts';
import type {RunFolder} from './run-folder.ts';
import {lockKey} from './run-lock.ts';
import type {RunOutcome, SettledOptions} from './run-options.ts';
import {drawTokens, dropHolds, type RunRow, updateRun, writeHolds, writeProgress, writeStep} from './run-rows.ts';
import {runStanding} from './run-standing.ts';
import type {Progress, StepContext, StepKind} from './step-kind.ts';
import type {Tx} from './store.ts';

const gatherMsMost = 50;

type Stopping = 'no' | 'stop' | 'abort';

/** A step that is ready, as long as it stands in line. */
interface Waiting {
  readonly request: LaneRequest;
  readonly notBeforeMs: number;
  readonly ask: (() => Question | undefined) | undefined;
}

export interface ControllerParts<Context> {
  readonly options: SettledOptions<Context>;
  readonly plan: Plan;
  readonly board: Board;
  readonly run: RunRow;
  /** Places this run holds already, by step. */
  readonly holds: ReadonlyMap<string, readonly LanePlaces[]>;
  readonly kinds: ReadonlyMap<string, StepKind<object, Context & StepContext>>;
  readonly redaction: Redaction;
  readonly folder: RunFolder | undefined;
}

/**
 * Brings a run on, turn by turn: takes in what has happened, decides what follows, records both in one transaction,
 * and only then acts. Level-triggered: each turn starts from the state, so a turn that could not be recorded is simply
 * taken again.
 */
export class Controller<Context> {
  readonly #options: SettledOptions<Context>;
  readonly #board: Board;
  readonly #kinds: ControllerParts<Context>['kinds'];
  readonly #redaction: Redaction;
  readonly #folder: RunFolder | undefined;
  readonly #priority: Plan['priority'];
  readonly #countCrashed: boolean;
  #run: RunRow;
  #stopping: Stopping = 'no';
  /** Set when the run has ended, or is no longer ours: nothing of it is heard from then on. */
  #over = false;

  readonly #holds: Map<string, readonly LanePlaces[]>;
  readonly #held = new Map<string, number>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #running = new Map<string, AbortController>();
  #wants: Set<string> = new Set();
  #limits: LaneView['limitsSet'] | undefined;
  #others: readonly string[] = [];
  readonly #alive = new Map<string, boolean>();

  #inbox: Array<{step: string; token: number; outcome: AttemptOutcome}> = [];
  readonly #progress = new Map<string, Progress>();
  #progressAtMs = 0;
  #version: number | undefined;
  #dueMs: number | undefined;
  /** How long the last turn took. */
  #turnMs = 0;
  #awake = Promise.withResolvers<void>();

  constructor({options, plan, board, run, holds, kinds, redaction, folder}: ControllerParts<Context>) {
    this.#options = options;
    this.#board = board;
    this.#kinds = kinds;
    this.#redaction = redaction;
    this.#folder = folder;
    this.#run = run;
    this.#priority = plan.priority;
    this.#countCrashed = plan.mode !== 'disaster';
    this.#holds = new Map(holds);
    for (const lanes of holds.values()) tally(this.#held, lanes, 1);
  }

  /** Something may have changed: take a turn. */
  wake(): void {
    this.#awake.resolve();
  }

  /** Turns, until nothing more can be done. `first` is recorded with the first of them. */
  async drive(first: (moves: Moves) => void): Promise<RunOutcome> {
    const {stop, signal} = this.#options;
    const wake = () => this.wake();
    stop?.addEventListener('abort', wake);
    signal?.addEventListener('abort', wake);
    try {
      let status = await this.#turn(first);
      while (status === undefined) {
        await this.#idle();
        await this.#gather();
        status = await this.#turn();
      }
      return this.#outcome(status);
    } finally {
      this.#over = true;
      stop?.removeEventListener('abort', wake);
      signal?.removeEventListener('abort', wake);
    }
  }

  /** One turn, again and again while the store cannot be written: the run goes on recorded or not at all. */
  async #turn(first?: (moves: Moves) => void): Promise<RunStatus | undefined> {
    for (let paused = false; ; paused = true) {
      try {
        const status = await this.#recordedTurn(first);
        if (paused) this.#tell({type: 'unpaused'});
        return status;
      } catch (error) {
        if (!(error instanceof RunError && error.code === 'STORE_UNWRITABLE')) throw error;
        if (!paused) this.#tell({type: 'paused', why: error.message, hint: error.hint});
        const {signal, clock, times} = this.#options;
        if (signal?.aborted) {
          this.#abortRunning();
          // All that ran has ended, and none of it can be recorded: a resumed run will look for itself.
          if (this.#inbox.length >= this.#running.size) throw error;
        }
        await clock.sleep(times.pausedMs);
      }
    }
  }

  async #recordedTurn(first?: (moves: Moves) => void): Promise<RunStatus | undefined> {
    const {store, clock} = this.#options;
    const board = this.#board;
    const nowMs = clock.now();
    const draft = newDraft();
    this.#dueMs = undefined;
    const moves = {board, draft, nowMs};
    const inbox = [...this.#inbox];
    const progress = nowMs - this.#progressAtMs >= this.#options.times.progressMs ? [...this.#progress] : [];
    try {
      const turn = await store.tx(async t => {
        await this.#refuseWhenFenced(t);
        first?.(moves);
        const stopBefore = this.#stopWanted();
        const taken = await this.#takeCommands(t, moves, stopBefore);
        for (const {step, token, outcome} of inbox) {
          // A late word of an attempt that is no longer the one.
          if (board.record(step).token === token && board.record(step).state === 'running')
            outcomeMove(moves, step, outcome);
        }
        if (taken.stopping !== this.#stopping && taken.stopping !== 'no') {
          draft.entries.push({type: 'run-stopping', how: taken.stopping});
        }
        const lanes = await readLanes(t, this.#run.id, {
          ...this.#options,
          countCrashed: this.#countCrashed,
          isAlive: run => this.#alive.get(run) ?? true,
        });
        this.#noteLimits(lanes, draft);
        const waiting = taken.stopping === 'no' && board.halted() === undefined ? this.#admit(moves, lanes) : [];
        const wants =
          lanes.others.length > 0 || this.#wants.size > 0
            ? await writeWants(t, this.#run.id, waiting, this.#wants)
            : this.#wants;
        const status = this.#status(taken.stopping, waiting.length, lanes);
        const attempts = await this.#recordSteps(t, draft);
        for (const [step, at] of progress) {
          await writeProgress(t, this.#run.id, step, at);
        }
        const {run, events, lines} = await this.#recordRun(t, draft, {status, commands: taken.commands, nowMs});
        const version = await store.version();
        return {status, attempts, run, events, lines, lanes, wants, version, stopping: taken.stopping};
      });
      board.keep();
      this.#turnMs = clock.now() - nowMs;
      this.#inbox = this.#inbox.slice(inbox.length);
      for (const [step] of progress) this.#progress.delete(step);
      if (progress.length > 0) this.#progressAtMs = nowMs;
      this.#run = turn.run;
      this.#version = turn.version;
      this.#limits = turn.lanes.limitsSet;
      this.#others = turn.lanes.others;
      this.#wants = turn.wants;
      this.#keepHolds(draft);
      for (const {step} of inbox) this.#running.delete(step);
      this.#folder?.append(turn.lines);
      for (const event of turn.events) this.#tell(event);
      this.#stopping = turn.stopping;
      for (const attempt of turn.attempts) this.#begin(attempt);
      if (turn.stopping === 'abort') this.#abortRunning();
      return turn.status;
    } catch (error) {
      board.revert();
      throw error;
    }
  }

  /** The second fence: a lock may lie, the epoch in the row does not. */
  async #refuseWhenFenced(t: Tx): Promise<void> {
    const [row] = await t.q('SELECT epoch, controller FROM run WHERE id = ?', [this.#run.id]);
    if (Number(row?.epoch) === this.#run.epoch) return;
    throw new RunError('FENCED', `Run ${this.#run.id} was taken over by ${String(row?.controller ?? 'nobody')}`, {
      hint: `Follow it: dr show ${this.#run.id} --follow`,
    });
  }

  #stopWanted(): Stopping {
    const {stop, signal} = this.#options;
    if (signal?.aborted || this.#stopping === 'abort') return 'abort';
    return stop?.aborted || this.#stopping === 'stop' ? 'stop' : 'no';
  }

  async #takeCommands(t: Tx, moves: Moves, before: Stopping): Promise<{commands: number; stopping: Stopping}> {
    let stopping = before;
    let {commands} = this.#run;
    for (const {seq, command} of await commandsAfter(t, this.#run.id, commands)) {
      commands = seq;
      if (command.command === 'abort') stopping = 'abort';
      else if (command.command === 'stop') stopping = stopping === 'no' ? 'stop' : stopping;
      else this.#takeCommand(command, moves);
    }
    return {commands, stopping};
  }

  #takeCommand(command: Exclude<Command, {command: 'stop' | 'abort'}>, moves: Moves): void {
    if (command.command === 'answer') answerMove(moves, command.step, command.value);
    else retryMove(moves, command.step);
  }

  #noteLimits({limitsSet}: LaneView, draft: Draft): void {
    if (!this.#limits) return;
    for (const [lane, limit] of limitsSet) {
      const before = this.#limits.get(lane);
      if (before?.places === limit.places && before.bytesPerSecond === limit.bytesPerSecond) continue;
      const was = before?.places ?? this.#options.lanes[lane];
      draft.entries.push({type: 'lane-limit', lane, ...limit, ...(was !== undefined && {was})});
    }
  }

  /** Starts what is ready and fits; returns what waits for its lanes. */
  #admit(moves: Moves, lanes: LaneView): LaneRequest[] {
    const {board, draft, nowMs} = moves;
    const held = new Map(this.#held);
    for (const step of draft.release) tally(held, this.#holds.get(step) ?? [], -1);
    // Whatever has changed waits anew, from now on: this moment is also what the other runs are told.
    for (const id of board.changed()) this.#waiting.delete(id);
    const requests: LaneRequest[] = [];
    const asked: string[] = [];
    for (const id of board.ready()) {
      const waiting = this.#waiting.get(id) ?? this.#newWaiting(id, nowMs);
      if (!waiting) continue;
      if (waiting.ask) asked.push(id);
      else if (waiting.notBeforeMs <= nowMs) requests.push(waiting.request);
      else this.#dueMs = Math.min(this.#dueMs ?? waiting.notBeforeMs, waiting.notBeforeMs);
    }
    for (const id of asked) {
      const question = this.#waiting.get(id)?.ask?.();
      if (question) askMove(moves, id, question);
    }
    const most = this.#options.parallel - board.count('running');
    const granted = grants(requests, lanes, {run: this.#run.id, nowMs, held, most});
    for (const {request, lanes: places} of granted) {
      draft.hold.set(request.id, places);
      // Pending means quiet: an earlier attempt only became pending again after a look.
      beginMove(moves, {step: request.id, mayHaveRun: false, lookFirst: true});
    }
    if (granted.length === requests.length) return [];
    const started = new Set(granted.map(({request}) => request));
    // With its hands full a run keeps nobody else waiting.
    return granted.length >= most ? [] : requests.filter(request => !started.has(request));
  }

  #newWaiting(id: string, nowMs: number): Waiting | undefined {
    const step = this.#board.step(id);
    if (!step) return undefined;
    const kind = this.#kinds.get(step.kind);
    const waiting: Waiting = {
      request: {id, lanes: step.lanes, priority: this.#priority, sinceMs: nowMs},
      notBeforeMs: this.#board.record(id).notBeforeMs,
      ask: kind?.ask && (() => kind.ask?.(step.args)),
    };
    this.#waiting.set(id, waiting);
    return waiting;
  }

  #status(stopping: Stopping, waiting: number, lanes: LaneView): RunStatus | undefined {
    const board = this.#board;
    if (board.count('running') > 0) return undefined;
    if (stopping !== 'no') return board.count('done') === board.plan.steps.length ? 'done' : 'stopped';
    const halted = board.halted() !== undefined;
    if (!halted && this.#dueMs !== undefined) return undefined;
    if (board.inState('asking').some(id => !halted || isAfterwards(board.record(id).question))) {
      if (this.#options.whenWaiting === 'wait') return undefined;
      // Others may still give places back to what waits for lanes.
      return waiting > 0 && lanes.othersAtWork ? undefined : 'waiting';
    }
    if (!halted && waiting > 0) return undefined;
    return board.count('done') === board.plan.steps.length ? 'done' : 'failed';
  }

  /** Writes what has changed of the steps and their holds, and draws the tokens of what is to begin. */
  async #recordSteps(t: Tx, draft: Draft): Promise<Attempt[]> {
    const board = this.#board;
    const attempts: Attempt[] = [];
    let token = draft.begin.length > 0 ? await drawTokens(t, draft.begin.length) : 0;
    for (const {step: id, mayHaveRun, lookFirst} of draft.begin) {
      const step = board.step(id);
      if (!step) continue;
      const record = {...board.record(id), token};
      board.set(id, record);
      attempts.push({step, nr: record.attempt, token, mayHaveRun, lookFirst});
      const lanes = draft.hold.get(id) ?? this.#holds.get(id) ?? [];
      draft.entries.push({type: 'step-started', step: id, attempt: record.attempt, token, lanes});
      token++;
    }
    for (const id of board.changed()) await writeStep(t, this.#run.id, id, board.record(id));
    for (const id of draft.release) if (this.#holds.has(id)) await dropHolds(t, this.#run.id, id);
    for (const [id, lanes] of draft.hold) await writeHolds(t, this.#run.id, id, lanes);
    return attempts;
  }

  async #recordRun(
    t: Tx,
    {entries}: Draft,
    {status, commands, nowMs}: {status: RunStatus | undefined; commands: number; nowMs: number},
  ): Promise<{run: RunRow; events: RunEvent[]; lines: string[]}> {
    if (status !== undefined) entries.push({type: 'run-ended', status, counts: this.#board.counts()});
    if (entries.length === 0 && commands === this.#run.commands) return {run: this.#run, events: [], lines: []};
    const events: RunEvent[] = [];
    const lines: string[] = [];
    let {head} = this.#run;
    for (const entry of entries) {
      const next = chained(head, this.#redaction.plain(entry), nowMs);
      head = next.head;
      events.push(next.event);
      lines.push(next.line);
      await t.q('INSERT INTO event (run, seq, line) VALUES (?, ?, ?)', [this.#run.id, head.seq, next.line]);
    }
    const endedMs = status === undefined ? undefined : nowMs;
    const run: RunRow = {...this.#run, state: status ?? 'running', endedMs, head, commands};
    await updateRun(t, run);
    if (status !== undefined) await t.q('DELETE FROM want WHERE run = ?', [run.id]);
    return {run, events, lines};
  }

  #keepHolds({release, hold}: Draft): void {
    for (const step of release) {
      tally(this.#held, this.#holds.get(step) ?? [], -1);
      this.#holds.delete(step);
    }
    for (const [step, lanes] of hold) {
      tally(this.#held, lanes, 1);
      this.#holds.set(step, lanes);
    }
  }

  #begin(attempt: Attempt): void {
    const {step} = attempt;
    const {clock, times} = this.#options;
    const kind = this.#kinds.get(step.kind);
    if (!kind) throw new TypeError(`No kind ${step.kind}`);
    const abort = new AbortController();
    this.#running.set(step.id, abort);
    const context = (signal: AbortSignal) => ({...this.#options.context, ...this.#contextOf(attempt, signal)});
    const act = {kind, context, signal: abort.signal, times: {...times, clock}};
    void this.#see(attempt, runAttempt(attempt, act));
  }

  async #see({step, token}: Attempt, ending: Promise<AttemptOutcome>): Promise<void> {
    const outcome = await ending;
    if (this.#over) return;
    this.#inbox.push({step: step.id, token, outcome: this.#redaction.plain(outcome)});
    this.#progress.delete(step.id);
    this.wake();
  }

  #contextOf({step: {id: step}, nr: attempt, token}: Attempt, signal: AbortSignal): StepContext {
    const ours = () => !this.#over && this.#board.record(step).token === token;
    return {
      run: this.#run.id,
      step,
      attempt,
      token,
      controller: `${this.#run.controller}#${this.#run.epoch}`,
      signal,
      progress: progress => {
        if (!ours()) return;
        const clean = this.#redaction.plain(progress);
        this.#progress.set(step, clean);
        this.#tell({type: 'progress', step, progress: clean});
      },
      log: line => {
        if (!ours()) return;
        const clean = this.#redaction.text(line);
        this.#folder?.log(step, this.#options.clock.now(), clean);
        this.#tell({type: 'log', step, line: clean});
      },
      secret: value => {
        this.#redaction.add(value);
        return value;
      },
      resultOf: id => this.#board.record(id).result,
      standingOf: run => runStanding(this.#options.store, run, this.#options),
    };
  }

  #abortRunning(): void {
    for (const abort of this.#running.values()) abort.abort(new DOMException('The run was aborted', 'AbortError'));
  }

  /** Until something happens: an attempt's end, a poke, a retry that is due, a change by somebody else. */
  async #idle(): Promise<void> {
    const {clock, store, times} = this.#options;
    for (;;) {
      if (this.#inbox.length > 0) break;
      const nowMs = clock.now();
      const dueMs = Math.max(0, Math.min(times.idleMs, (this.#dueMs ?? Number.POSITIVE_INFINITY) - nowMs));
      const slept = Promise.withResolvers<'slept'>();
      const cancel = clock.later(dueMs, () => slept.resolve('slept'));
      const why = await Promise.race([slept.promise, this.#awake.promise]);
      cancel();
      if (why !== 'slept') break;
      if (this.#dueMs !== undefined && clock.now() >= this.#dueMs) break;
      if (this.#progress.size > 0 && clock.now() - this.#progressAtMs >= times.progressMs) break;
      if (await this.#lookAtOthers()) break;
      if ((await store.version()) !== this.#version) break;
    }
    this.#awake = Promise.withResolvers();
  }

  /** As long as the last turn took, up to a moment: under load more is recorded with each turn, and half the time is left. */
  async #gather(): Promise<void> {
    const ms = Math.min(this.#turnMs, gatherMsMost);
    if (ms >= 1) await this.#options.clock.sleep(ms);
  }

  /** Notices at once when the controller of another run has died: its places and wishes count differently then. */
  async #lookAtOthers(): Promise<boolean> {
    let changed = false;
    for (const run of this.#others) {
      const alive = await this.#options.locks.poke(lockKey(this.#options.store.id, run));
      if ((this.#alive.get(run) ?? true) !== alive) changed = true;
      this.#alive.set(run, alive);
    }
    return changed;
  }

  #tell(event: RunEvent | LiveEvent): void {
    try {
      this.#options.onEvent?.(event);
    } catch (error) {
      // Whoever only watches must not bring a recovery down.
      process.emitWarning(error instanceof Error ? error : String(error));
    }
  }

  #outcome(status: RunStatus): RunOutcome {
    const board = this.#board;
    return {
      run: this.#run.id,
      status,
      counts: board.counts(),
      steps: Object.fromEntries(board.plan.steps.map(({id}) => [id, board.record(id)])),
      folder: this.#run.folder,
    };
  }
}

/** A question about what has happened, to be answered even when nothing more is started. */
function isAfterwards(question: Question | undefined): boolean {
  return question?.ask === 'settle' || question?.ask === 'failure';
}
