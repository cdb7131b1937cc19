import {type LanePlaces, type LaneRequest, tally} from '@dr-toolkit/lanes';

import type {Board} from './board.ts';
import {grants, type LaneView} from './line-up.ts';
import {askMove, beginMove, type Draft, isDue, type Moves} from './moves.ts';
import type {Plan} from './plan.ts';
import type {Question} from './question.ts';
import type {StepKind} from './step-kind.ts';

/** A step that is ready, as long as it stands in line. */
interface Waiting {
  readonly request: LaneRequest;
  readonly notBeforeMs: number;
  readonly ask: (() => Question | undefined) | undefined;
}

export interface OwnLineParts {
  readonly run: string;
  readonly board: Board;
  readonly kinds: ReadonlyMap<string, Pick<StepKind<object, never>, 'ask'>>;
  readonly priority: Plan['priority'];
  readonly parallel: number;
  /** Places this run holds already, by step. */
  readonly holds: ReadonlyMap<string, readonly LanePlaces[]>;
}

/** What came of one look along the line. */
export interface Admitted {
  /** Ready, and waiting for lanes. */
  readonly waiting: readonly LaneRequest[];
  /** When the next retry is due; undefined when none is. */
  readonly dueMs: number | undefined;
}

/** The steps of one run that stand in line for their lanes, and the places it holds. */
export class OwnLine {
  readonly #parts: OwnLineParts;
  readonly #holds: Map<string, readonly LanePlaces[]>;
  readonly #held = new Map<string, number>();
  readonly #waiting = new Map<string, Waiting>();

  constructor(parts: OwnLineParts) {
    this.#parts = parts;
    this.#holds = new Map(parts.holds);
    for (const lanes of this.#holds.values()) tally(this.#held, lanes, 1);
  }

  held(step: string): readonly LanePlaces[] | undefined {
    return this.#holds.get(step);
  }

  /** Starts what is ready and fits, and asks what is to be asked. */
  admit(moves: Moves, lanes: LaneView): Admitted {
    const {board, draft, nowMs} = moves;
    const held = new Map(this.#held);
    for (const step of draft.release) tally(held, this.#holds.get(step) ?? [], -1);
    for (const places of draft.hold.values()) tally(held, places, 1);
    // Whatever has changed waits anew, from now on: this moment is also what the other runs are told.
    for (const id of board.changed()) this.#waiting.delete(id);
    const requests: LaneRequest[] = [];
    const asked: string[] = [];
    let dueMs: number | undefined;
    for (const id of board.ready()) {
      const waiting = this.#waiting.get(id) ?? this.#newWaiting(id, nowMs);
      if (!waiting) continue;
      if (waiting.ask) asked.push(id);
      else if (isDue(waiting.notBeforeMs, nowMs)) requests.push(waiting.request);
      else dueMs = Math.min(dueMs ?? waiting.notBeforeMs, waiting.notBeforeMs);
    }
    for (const id of asked) {
      const question = this.#waiting.get(id)?.ask?.();
      if (question) askMove(moves, id, question);
    }
    const {run, parallel} = this.#parts;
    const most = parallel - board.count('running');
    const granted = grants(requests, lanes, {run, nowMs, held, most});
    for (const {request, lanes: places} of granted) {
      draft.hold.set(request.id, places);
      // Pending means quiet: an earlier attempt only became pending again after a look.
      beginMove(moves, {step: request.id, mayHaveRun: false, lookFirst: true});
    }
    const started = new Set(granted.map(({request}) => request));
    // A run that may start no more steps keeps nobody else waiting.
    const waiting = granted.length >= most ? [] : requests.filter(request => !started.has(request));
    return {waiting, dueMs};
  }

  /** What the draft holds and gives back has been recorded. */
  keep({release, hold}: Draft): void {
    for (const step of release) {
      tally(this.#held, this.#holds.get(step) ?? [], -1);
      this.#holds.delete(step);
    }
    for (const [step, lanes] of hold) {
      tally(this.#held, lanes, 1);
      this.#holds.set(step, lanes);
    }
  }

  #newWaiting(id: string, nowMs: number): Waiting | undefined {
    const {board, kinds, priority} = this.#parts;
    const step = board.step(id);
    if (!step) return undefined;
    const kind = kinds.get(step.kind);
    const waiting: Waiting = {
      request: {id, lanes: step.lanes, priority, sinceMs: nowMs},
      notBeforeMs: board.record(id).notBeforeMs,
      ask: kind?.ask && (() => kind.ask?.(step.args)),
    };
    this.#waiting.set(id, waiting);
    return waiting;
  }
}
