import type {Attempt} from './attempt.ts';
import type {Board} from './board.ts';
import {commandsAfter} from './command.ts';
import {type Decided, decideTurn, type Stopping} from './decide-turn.ts';
import type {Dispatch} from './dispatch.ts';
import {RunError} from './engine-error.ts';
import {type LaneView, readLanes, writeWants} from './line-up.ts';
import {isDue, type Moves, newDraft} from './moves.ts';
import {OtherRuns} from './other-runs.ts';
import {OwnLine, type OwnLineParts} from './own-line.ts';
import type {LaneWatch} from './adapt-lanes.ts';
import {type Kinds, performer} from './performer.ts';
import type {Plan} from './plan.ts';
import {recordTurn} from './record-turn.ts';
import type {Redaction} from './redaction.ts';
import type {LiveEvent, RunEvent, RunStatus} from './run-event.ts';
import type {RunFolder} from './run-folder.ts';
import type {RunOutcome, SettledOptions} from './run-options.ts';
import {type RunRow, writeProgress} from './run-rows.ts';
import type {Progress} from './step-kind.ts';
import {readerOf, type Tx} from './store.ts';

const gatherMsMost = 50;

export interface ControllerParts<Context> {
  readonly options: SettledOptions<Context>;
  readonly plan: Plan;
  readonly board: Board;
  readonly run: RunRow;
  /** Places this run holds already, by step. */
  readonly holds: OwnLineParts['holds'];
  readonly kinds: Kinds<Context>;
  readonly redaction: Redaction;
  readonly folder: RunFolder | undefined;
}

/** What is recorded with the first turn. `adopted` are the attempts under way that somebody still performs. */
export type FirstMoves = (moves: Moves, adopted: ReadonlySet<number>) => void;

/**
 * Brings a run on, turn by turn: takes in what has happened, lets `decideTurn` say what follows, records both in one
 * transaction, and only then hands on what is to begin. Level-triggered: each turn starts from the state, so a turn that
 * could not be recorded is simply taken again.
 */
export class Controller<Context> {
  readonly #options: SettledOptions<Context>;
  readonly #board: Board;
  readonly #redaction: Redaction;
  readonly #folder: RunFolder | undefined;
  readonly #countCrashed: boolean;
  readonly #line: OwnLine;
  readonly #dispatch: Dispatch;
  readonly #others: OtherRuns;
  #run: RunRow;
  #stopping: Stopping = 'no';
  /** Set when the run has ended, or is no longer ours: nothing of it is heard from then on. */
  #over = false;

  #wants: Set<string> = new Set();
  #limits: LaneView['limitsSet'] | undefined;
  #lost: Decided['lost'] = new Set();
  readonly #progress = new Map<string, Progress>();
  /** Steps that still run and no longer burden their lanes, to be recorded. */
  readonly #eased = new Set<string>();
  #progressAtMs = 0;
  #version: number | undefined;
  #dueMs: number | undefined;
  #watch: LaneWatch | undefined;
  /** How long the last turn took. */
  #turnMs = 0;
  #awake = Promise.withResolvers<void>();

  constructor({options, plan, board, run, holds, kinds, redaction, folder}: ControllerParts<Context>) {
    this.#options = options;
    this.#board = board;
    this.#redaction = redaction;
    this.#folder = folder;
    this.#run = run;
    this.#countCrashed = plan.mode !== 'disaster';
    const {parallel, store, locks} = options;
    this.#line = new OwnLine({run: run.id, board, kinds, priority: plan.priority, parallel, holds});
    this.#others = new OtherRuns(store.id, locks, () => this.wake());
    this.#dispatch = options.dispatch({
      run: run.id,
      perform: performer({
        run: run.id,
        controller: `${run.controller}#${run.epoch}`,
        options,
        kinds,
        redaction,
        resultOf: id => board.record(id).result,
        onProgress: (attempt, progress) => this.#noteProgress(attempt, progress),
        onLog: (attempt, line) => this.#noteLog(attempt, line),
        onEased: attempt => this.#noteEased(attempt),
        onBegin: async ({step}) => this.#watch?.begins(step),
      }),
      onEnd: ({step}) => {
        this.#progress.delete(step);
        this.wake();
      },
    });
  }

  /** Something may have changed: take a turn. */
  wake(): void {
    this.#awake.resolve();
  }

  /** Turns, until nothing more can be done. `first` is recorded with the first of them. */
  async drive(first: FirstMoves, lanes: LaneWatch): Promise<RunOutcome> {
    this.#watch = lanes;
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
      this.#dispatch.close();
      this.#others.close();
      stop?.removeEventListener('abort', wake);
      signal?.removeEventListener('abort', wake);
    }
  }

  /** One turn, again and again while the store cannot be written: the run goes on recorded or not at all. */
  #turn(first?: FirstMoves): Promise<RunStatus | undefined> {
    return this.#insisting(
      'STORE_UNWRITABLE',
      () => this.#recordedTurn(first),
      async error => {
        if (!this.#options.signal?.aborted) return;
        this.#dispatch.cancel();
        // All that ran has ended, and none of it can be recorded: a resumed run will look for itself.
        if (this.#dispatch.quiet) throw error;
      },
    );
  }

  async #recordedTurn(first?: FirstMoves): Promise<RunStatus | undefined> {
    const {store, clock} = this.#options;
    const board = this.#board;
    const nowMs = clock.now();
    const draft = newDraft();
    const moves = {board, draft, nowMs};
    const eased = [...this.#eased];
    const progress = this.#progressIsDue(nowMs) ? [...this.#progress] : [];
    try {
      const turn = await store.tx(async t => {
        await this.#refuseWhenFenced(t);
        if (first) first(moves, await this.#adopted(t));
        const ends = await this.#dispatch.ended(t);
        const commands = await commandsAfter(t, this.#run.id, this.#run.commands);
        const lanes = await this.#lanes(t);
        const stopWanted = this.#stopWanted();
        const news = {commands: commands.map(({command}) => command), ends, eased, lanes, stopWanted};
        const decided = decideTurn(moves, news, this.#before());
        const wants =
          lanes.others.length > 0 || this.#wants.size > 0
            ? await writeWants(t, this.#run.id, decided.waiting, this.#wants)
            : this.#wants;
        const recorded = await recordTurn(t, {
          run: this.#run,
          board,
          draft,
          line: this.#line,
          redaction: this.#redaction,
          nowMs,
          status: decided.status,
          commands: commands.at(-1)?.seq ?? this.#run.commands,
        });
        await this.#dispatch.put(t, recorded.attempts);
        for (const [step, at] of progress) await writeProgress(t, this.#run.id, step, at);
        return {...decided, ...recorded, ends, lanes, wants, version: await store.version()};
      });
      board.keep();
      this.#line.keep(draft);
      this.#dispatch.taken(turn.ends);
      this.#turnMs = clock.now() - nowMs;
      for (const step of eased) this.#eased.delete(step);
      for (const [step] of progress) this.#progress.delete(step);
      if (progress.length > 0) this.#progressAtMs = nowMs;
      this.#run = turn.run;
      this.#version = turn.version;
      this.#limits = turn.lanes.limitsSet;
      this.#lost = turn.lost;
      this.#wants = turn.wants;
      this.#dueMs = turn.dueMs;
      this.#stopping = turn.stopping;
      this.#others.watch(turn.lanes.others);
      for (const event of turn.events) this.#tell(event);
      const givenUp = await this.#writeFolder(turn.lines);
      this.#dispatch.begin(turn.attempts);
      if (givenUp || this.#stopWanted() === 'abort') this.#dispatch.cancel();
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

  #adopted(t: Tx): Promise<ReadonlySet<number>> {
    return this.#dispatch.adopt(
      t,
      this.#board.inState('running').map(id => this.#board.record(id).token),
    );
  }

  #lanes(t: Tx): Promise<LaneView> {
    const {lanes, placesDefault} = this.#options;
    const isAlive = (run: string) => this.#others.isAlive(run);
    return readLanes(t, this.#run.id, {lanes, placesDefault, countCrashed: this.#countCrashed, isAlive});
  }

  #before() {
    const {lanes, placesDefault, whenWaiting} = this.#options;
    return {
      run: this.#run.id,
      line: this.#line,
      stopping: this.#stopping,
      limits: this.#limits,
      placesOf: (lane: string) => lanes[lane] ?? placesDefault,
      lost: this.#lost,
      isAlive: (run: string) => this.#others.isAlive(run),
      whenWaiting,
    };
  }

  #stopWanted(): Stopping {
    const {stop, signal} = this.#options;
    if (signal?.aborted || this.#stopping === 'abort') return 'abort';
    return stop?.aborted || this.#stopping === 'stop' ? 'stop' : 'no';
  }

  /**
   * What was recorded is to be read in the run's folder, too, before anything of it begins. Answers whether that was given
   * up for an abort.
   */
  async #writeFolder(lines: readonly string[]): Promise<boolean> {
    const folder = this.#folder;
    if (!folder || (lines.length === 0 && !folder.behind)) return false;
    let more = lines;
    let given = false;
    await this.#insisting(
      'FOLDER_UNWRITABLE',
      async () => {
        if (given) return;
        const now = more;
        more = [];
        folder.append(now);
      },
      async () => {
        // The store has it all, and whoever resumes or looks at the run brings the folder up to it.
        given = await this.#abortWanted();
      },
    );
    return given;
  }

  /** Also by somebody whose word has not been taken in yet. */
  async #abortWanted(): Promise<boolean> {
    if (this.#stopWanted() === 'abort') return true;
    const {store} = this.#options;
    const unheard = commandsAfter(readerOf(store), this.#run.id, this.#run.commands);
    const commands = await unheard.catch(() => []);
    return commands.some(({command}) => command.command === 'abort');
  }

  /** Does something until it can be done; while it cannot, the run is paused, and `failed` is told each time. */
  async #insisting<T>(
    code: 'STORE_UNWRITABLE' | 'FOLDER_UNWRITABLE',
    act: () => Promise<T>,
    failed: (error: RunError) => Promise<void>,
  ): Promise<T> {
    const {clock, times} = this.#options;
    for (let paused = false; ; paused = true) {
      try {
        const result = await act();
        if (paused) this.#tell({type: 'unpaused'});
        return result;
      } catch (error) {
        if (!(error instanceof RunError && error.code === code)) throw error;
        if (!paused) this.#tell({type: 'paused', why: error.message, hint: error.hint});
        await failed(error);
        await clock.sleep(times.pausedMs);
      }
    }
  }

  #noteProgress(attempt: Attempt, progress: Progress): void {
    if (!this.#isCurrent(attempt)) return;
    this.#progress.set(attempt.step.id, progress);
    this.#tell({type: 'progress', step: attempt.step.id, progress});
  }

  #noteLog(attempt: Attempt, line: string): void {
    if (!this.#isCurrent(attempt)) return;
    this.#folder?.log(attempt.step.id, this.#options.clock.now(), line);
    this.#tell({type: 'log', step: attempt.step.id, line});
  }

  #noteEased(attempt: Attempt): void {
    if (!this.#isCurrent(attempt) || !this.#line.held(attempt.step.id)) return;
    this.#eased.add(attempt.step.id);
    this.wake();
  }

  #isCurrent({step, token}: Attempt): boolean {
    return !this.#over && this.#board.record(step.id).token === token;
  }

  /** Until something happens: an attempt's end, a poke, a retry that is due, a change by somebody else. */
  async #idle(): Promise<void> {
    const {clock, store, times} = this.#options;
    for (;;) {
      const nowMs = clock.now();
      const dueMs = Math.max(0, Math.min(times.idleMs, (this.#dueMs ?? Number.POSITIVE_INFINITY) - nowMs));
      const slept = Promise.withResolvers<'slept'>();
      const cancel = clock.later(dueMs, () => slept.resolve('slept'));
      const why = await Promise.race([slept.promise, this.#awake.promise]);
      cancel();
      if (why !== 'slept') break;
      if (this.#dueMs !== undefined && isDue(this.#dueMs, clock.now())) break;
      if (this.#progress.size > 0 && this.#progressIsDue(clock.now())) break;
      if (this.#folder?.behind) break;
      if (await this.#others.look()) break;
      // One that cannot be read now is told of by the turn that cannot be recorded.
      if ((await store.version().catch(() => undefined)) !== this.#version) break;
    }
    this.#awake = Promise.withResolvers();
  }

  /** Also when the clock has been set back since it was last written. */
  #progressIsDue(nowMs: number): boolean {
    return Math.abs(nowMs - this.#progressAtMs) >= this.#options.times.progressMs;
  }

  /** As long as the last turn took, up to a moment: under load more is recorded with each turn, and half the time is left. */
  async #gather(): Promise<void> {
    const ms = Math.min(this.#turnMs, gatherMsMost);
    if (ms >= 1) await this.#options.clock.sleep(ms);
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
