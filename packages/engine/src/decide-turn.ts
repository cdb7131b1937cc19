import type {LaneRequest} from '@dr-toolkit/lanes';

import type {Board} from './board.ts';
import type {Command} from './command.ts';
import type {EndedAttempt} from './dispatch.ts';
import type {LaneLimit} from './lane-limits.ts';
import type {LaneView} from './line-up.ts';
import {answerMove, easeMove, type Moves, outcomeMove, retryMove} from './moves.ts';
import type {OwnLine} from './own-line.ts';
import type {Plan} from './plan.ts';
import type {Question} from './question.ts';
import type {JournalEntry, RunStatus} from './run-event.ts';

/** `stop`: nothing new starts; `abort`: what runs is ended, too. */
export type Stopping = 'no' | 'stop' | 'abort';

/** What has happened since the last turn. */
export interface TurnNews {
  readonly commands: readonly Command[];
  readonly ends: readonly EndedAttempt[];
  /** Steps that still run and no longer burden their lanes. */
  readonly eased: readonly string[];
  readonly lanes: LaneView;
  /** What this process was told: Ctrl-C, or a signal. */
  readonly stopWanted: Stopping;
}

/** What the run knew before. */
export interface TurnBefore {
  readonly run: string;
  readonly line: OwnLine;
  readonly stopping: Stopping;
  /** Undefined at the first turn: nothing has changed by then. */
  readonly limits: LaneView['limitsSet'] | undefined;
  /** Places that dr.yaml gives a lane. */
  readonly placesOf: (lane: string) => number;
  /** Runs that are known to have died with places held. */
  readonly lost: ReadonlySet<string>;
  readonly isAlive: (run: string) => boolean;
  readonly whenWaiting: 'return' | 'wait';
}

export interface Decided {
  readonly stopping: Stopping;
  /** How the run ends with this turn; undefined when it goes on. */
  readonly status: RunStatus | undefined;
  readonly waiting: readonly LaneRequest[];
  readonly dueMs: number | undefined;
  readonly lost: ReadonlySet<string>;
}

/** What follows from the news: moves on the board, entries for the journal, steps to begin. Decides, and acts on nothing. */
export function decideTurn(moves: Moves, news: TurnNews, before: TurnBefore): Decided {
  const {board, draft} = moves;
  const {lanes} = news;
  const stopping = takeCommands(moves, news);
  for (const {step} of draft.begin) holdAgain(moves, step, before.line);
  for (const {step, token, outcome} of news.ends) {
    // Not a late word of an attempt that is no longer the one.
    const record = board.record(step);
    if (record.token === token && record.state === 'running') outcomeMove(moves, step, outcome);
  }
  for (const step of news.eased) easeMove(moves, step, before.line.held(step));
  if (stopping !== before.stopping && stopping !== 'no') draft.entries.push({type: 'run-stopping', how: stopping});
  if (before.limits) draft.entries.push(...limitEntries(lanes.limitsSet, before.limits, before.placesOf));
  const lost = lostHolders(lanes, before, moves);
  const mayStart = stopping === 'no' && board.halted() === undefined;
  const {waiting, dueMs} = mayStart ? before.line.admit(moves, lanes) : {waiting: [], dueMs: undefined};
  const others = {waiting: waiting.length > 0, due: dueMs !== undefined, lanes, whenWaiting: before.whenWaiting};
  const status = statusOf(board, stopping, others);
  if (status !== undefined && status !== 'waiting') draft.entries.push(...endingLimits(lanes, before));
  return {stopping, status, waiting, dueMs, lost};
}

/** A step that gave its lanes back and is begun again by an answer burdens them again, whether they have room or not. */
function holdAgain({board, draft}: Moves, id: string, line: OwnLine): void {
  const {lanes = []} = board.step(id) ?? {};
  if (lanes.length > 0 && !line.held(id)) draft.hold.set(id, lanes);
}

function takeCommands(moves: Moves, {commands, stopWanted}: TurnNews): Stopping {
  let stopping = stopWanted;
  for (const command of commands) {
    if (command.command === 'abort') stopping = 'abort';
    else if (command.command === 'stop') stopping = stopping === 'no' ? 'stop' : stopping;
    else if (command.command === 'answer') answerMove(moves, command.step, command.value, command.token);
    else retryMove(moves, command.step);
  }
  return stopping;
}

/** Lanes that were set otherwise since the last turn, or are no longer set at all. */
function limitEntries(
  now: ReadonlyMap<string, LaneLimit>,
  before: ReadonlyMap<string, LaneLimit>,
  placesOf: (lane: string) => number,
): JournalEntry[] {
  return [...new Set([...now.keys(), ...before.keys()])].flatMap((lane): JournalEntry[] => {
    const [is, was] = [now.get(lane), before.get(lane)];
    if (is?.places === was?.places && is?.bytesPerSecond === was?.bytesPerSecond && is?.run === was?.run) return [];
    return [{type: 'lane-limit', lane, ...(is ?? {places: placesOf(lane)}), was: was?.places ?? placesOf(lane)}];
  });
}

/** What was set for the time of this run goes back to what it was without it. */
function endingLimits({limitsSet, limitsLasting}: LaneView, {run, placesOf}: TurnBefore): JournalEntry[] {
  return [...limitsSet].flatMap(([lane, {places: was, run: ofRun}]): JournalEntry[] => {
    if (ofRun !== run) return [];
    return [{type: 'lane-limit', lane, ...(limitsLasting.get(lane) ?? {places: placesOf(lane)}), was}];
  });
}

/**
 * Runs that died, or wait for a person, while they hold places which this one may be waiting for. Each is told once; of
 * one that has ended only what this run is to use, as its places may be taken for long.
 */
function lostHolders({holders}: LaneView, {lost, isAlive}: TurnBefore, {board, draft}: Moves): ReadonlySet<string> {
  const dead = [...holders].filter(([run]) => !isAlive(run));
  for (const [run, {lanes, state}] of dead) {
    if (lost.has(run)) continue;
    if (state === 'running') draft.entries.push({type: 'holder-lost', run, lanes});
    else if (lanes.some(lane => usesLane(board.plan, lane)))
      draft.entries.push({type: 'holder-lost', run, lanes, state});
  }
  return new Set(dead.map(([run]) => run));
}

function usesLane({steps}: Plan, wanted: string): boolean {
  return steps.some(({lanes}) => lanes.some(({lane}) => lane === wanted));
}

interface Others {
  readonly waiting: boolean;
  readonly due: boolean;
  readonly lanes: LaneView;
  readonly whenWaiting: 'return' | 'wait';
}

function statusOf(board: Board, stopping: Stopping, {waiting, due, lanes, whenWaiting}: Others): RunStatus | undefined {
  if (board.count('running') > 0) return undefined;
  const complete = board.count('done') === board.plan.steps.length;
  if (stopping !== 'no') return complete ? 'done' : 'stopped';
  const halted = board.halted() !== undefined;
  if (!halted && due) return undefined;
  if (board.inState('asking').some(id => !halted || isAfterwards(board.record(id).question))) {
    if (whenWaiting === 'wait') return undefined;
    // Others may still give places back to what waits for lanes.
    return waiting && lanes.othersAtWork ? undefined : 'waiting';
  }
  if (!halted && waiting) return undefined;
  return complete ? 'done' : 'failed';
}

/** A question about what has happened, to be answered even when nothing more is started. */
function isAfterwards(question: Question | undefined): boolean {
  return question?.ask === 'settle' || question?.ask === 'failure';
}
