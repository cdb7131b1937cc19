import type {LanePlaces} from '@dr-toolkit/lanes';

import type {AttemptOutcome} from './attempt.ts';
import type {Board, StepRecord} from './board.ts';
import type {OnFailure} from './plan.ts';
import {type FailureAnswer, failureAnswers, type Question, settlements} from './question.ts';
import type {Failure, JournalEntry} from './run-event.ts';

/** An attempt that is to begin once this has been recorded. */
export interface Beginning {
  readonly step: string;
  readonly mayHaveRun: boolean;
  readonly lookFirst: boolean;
}

/** What one turn of the controller will record, besides the board. */
export interface Draft {
  readonly entries: JournalEntry[];
  readonly begin: Beginning[];
  readonly hold: Map<string, readonly LanePlaces[]>;
  /** Steps whose lanes are given back. */
  readonly release: Set<string>;
}

export function newDraft(): Draft {
  return {entries: [], begin: [], hold: new Map(), release: new Set()};
}

/** The moves of a run: how a step's state follows from what happened. They decide; nothing here acts or writes. */
export interface Moves {
  readonly board: Board;
  readonly draft: Draft;
  readonly nowMs: number;
}

const backoffMsMax = 300_000;
/** Far beyond what it takes to get there, and finite. */
const doublingsMost = 60;

/** Whether a retry's time has come. One that is further off than any is put was put there by a clock that has been set back. */
export function isDue(notBeforeMs: number, nowMs: number): boolean {
  return notBeforeMs <= nowMs || notBeforeMs > nowMs + backoffMsMax;
}

export function outcomeMove(moves: Moves, id: string, outcome: AttemptOutcome): void {
  const {board, draft, nowMs} = moves;
  const record = board.record(id);
  const step = board.step(id);
  if (!step) return;
  switch (outcome.status) {
    case 'done': {
      const {how, result} = outcome;
      doneMove(moves, id, how, result === undefined ? {} : {result});
      return;
    }
    case 'cancelled':
      draft.release.add(id);
      board.set(id, {...cleared(record), state: 'cancelled', endedMs: nowMs});
      draft.entries.push({type: 'step-cancelled', step: id});
      return;
    case 'unknown': {
      // Its lanes stay held: for all that is known it still runs.
      const text = `${step.title}: ${outcome.why}. What is true?`;
      askMove(moves, id, {ask: 'settle', text, evidence: outcome.evidence, choices: settlements});
      return;
    }
    case 'failed': {
      draft.release.add(id);
      const {error, retryable} = outcome;
      if (retryable && record.attempt <= step.retries.max) {
        const delayMs = Math.min(
          step.retries.backoffMs * 2 ** Math.min(record.attempt - 1, doublingsMost),
          backoffMsMax,
        );
        board.set(id, {...cleared(record), state: 'pending', notBeforeMs: nowMs + delayMs});
        draft.entries.push({type: 'step-retrying', step: id, error, delayMs});
      } else {
        failMove(moves, id, error, step.onFailure);
      }
    }
  }
}

/** A step that still runs needs its places no more. */
export function easeMove({board, draft}: Moves, id: string, lanes: readonly LanePlaces[] | undefined): void {
  if (board.record(id).state !== 'running' || !lanes) return;
  draft.release.add(id);
  draft.entries.push({type: 'lanes-eased', step: id, lanes});
}

function failMove(moves: Moves, id: string, error: Failure, onFailure: OnFailure): void {
  const {board, draft, nowMs} = moves;
  if (onFailure === 'ask') {
    const text = `${board.step(id)?.title ?? id} failed: ${error.message}. What now?`;
    board.set(id, {...board.record(id), error: {...error, effect: 'stop'}});
    askMove(moves, id, {ask: 'failure', text, choices: failureAnswers});
    return;
  }
  draft.release.add(id);
  const halted = board.halted();
  board.set(id, {...cleared(board.record(id)), state: 'failed', error: {...error, effect: onFailure}, endedMs: nowMs});
  draft.entries.push({type: 'step-failed', step: id, error});
  if (onFailure === 'stop' && halted === undefined) draft.entries.push({type: 'run-halted', step: id});
  if (onFailure === 'skip-dependents') skipMove(moves, id);
}

/** Skips what can no longer be done after `id` failed. */
function skipMove({board, draft, nowMs}: Moves, id: string): void {
  for (const {id: doomed, because} of board.doomedBy(id)) {
    const error = {message: `${because} was not done`, effect: 'skip-dependents'} as const;
    board.set(doomed, {...board.record(doomed), state: 'skipped', error, endedMs: nowMs});
    draft.entries.push({type: 'step-skipped', step: doomed, because});
  }
}

export function askMove({board, draft, nowMs}: Moves, id: string, question: Question): void {
  const record = board.record(id);
  board.set(id, {...record, state: 'asking', question, startedMs: record.startedMs ?? nowMs});
  draft.entries.push({type: 'step-asks', step: id, question});
}

/** `asked` is the token of the attempt whose question is answered, where that is known. */
export function answerMove(moves: Moves, id: string, answer: boolean | string, asked?: number): void {
  const {board, draft} = moves;
  const {state, question, error, token} = board.record(id);
  // Asked and answered twice: the first answer stands, and the second is none to what is asked after it.
  if (state !== 'asking' || !question || (asked !== undefined && asked !== token)) return;
  draft.entries.push({type: 'step-answered', step: id, answer});
  switch (question.ask) {
    case 'confirm':
      if (answer === false) failMove(moves, id, {message: `Answered no: ${question.text}`}, refusal(board, id));
      else doneMove(moves, id, 'answered', {result: {answer}});
      return;
    case 'choose':
    case 'type':
      doneMove(moves, id, 'answered', {result: {answer}});
      return;
    case 'settle':
      if (answer === 'done') doneMove(moves, id, 'settled', {});
      else if (answer === 'failed') failMove(moves, id, {message: 'Settled as failed by a person'}, refusal(board, id));
      else beginMove(moves, {step: id, mayHaveRun: true, lookFirst: answer === 'look'});
      return;
    case 'failure': {
      const word = answer as FailureAnswer;
      if (word === 'retry') resetMove(moves, id);
      else failMove(moves, id, error ?? {message: 'It failed'}, word);
    }
  }
}

/** Asked already: a refusal does not ask again. */
function refusal(board: Board, id: string): Exclude<OnFailure, 'ask'> {
  const onFailure = board.step(id)?.onFailure ?? 'stop';
  return onFailure === 'ask' ? 'stop' : onFailure;
}

/** A step that ended badly, and what was skipped for it, are hoped for again. */
export function retryMove(moves: Moves, id: string): void {
  const {board} = moves;
  if (!['failed', 'skipped', 'cancelled'].includes(board.record(id).state)) return;
  const skipped = board.skippedFor(id);
  resetMove(moves, id);
  for (const dependent of skipped) resetMove(moves, dependent);
}

function resetMove({board, draft}: Moves, id: string): void {
  const {token} = board.record(id);
  draft.release.add(id);
  board.set(id, {state: 'pending', attempt: 0, token, notBeforeMs: 0});
  draft.entries.push({type: 'step-reset', step: id});
}

/** The step runs from here on; its token is drawn when the turn is recorded. */
export function beginMove({board, draft, nowMs}: Moves, beginning: Beginning): void {
  const {question: _question, error: _error, ...record} = board.record(beginning.step);
  board.set(beginning.step, {
    ...record,
    state: 'running',
    attempt: record.attempt + 1,
    startedMs: record.startedMs ?? nowMs,
  });
  draft.begin.push(beginning);
}

function doneMove(
  {board, draft, nowMs}: Moves,
  id: string,
  how: Extract<JournalEntry, {type: 'step-done'}>['how'],
  result: Pick<StepRecord, 'result'>,
): void {
  const record = cleared(board.record(id));
  draft.release.add(id);
  board.set(id, {...record, ...result, state: 'done', endedMs: nowMs});
  draft.entries.push({
    type: 'step-done',
    step: id,
    how,
    ms: Math.max(0, nowMs - (record.startedMs ?? nowMs)),
    ...result,
  });
}

function cleared({question: _question, error: _error, ...record}: StepRecord): StepRecord {
  return record;
}
