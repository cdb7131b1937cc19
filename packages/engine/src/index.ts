/** Runs any plan: order, lanes, retries, journal, resume. Knows nothing of what the steps do. */
export type {AutomaticLane} from './adapt-lanes.ts';
export type {StepRecord, StepState} from './board.ts';
export {type Clock, realClock} from './clock.ts';
export type {Dispatch, DispatchParts, EndedAttempt, OpenDispatch, Perform} from './dispatch.ts';
export {PlanError, type PlanErrorCode, RunError, type RunErrorCode} from './engine-error.ts';
export {checkJournal, type JournalCheck} from './journal.ts';
export {digestOf, type Json} from './json.ts';
export {type KnownKinds, makePlan, planDigest, type PlanInput, type StepInput} from './make-plan.ts';
export {parsePlan} from './parse-plan.ts';
export type {Intent, Need, OnFailure, Plan, PlanMode, Retries, Step, StepGroup} from './plan.ts';
export {choose, confirm, prompts, typeName} from './prompts.ts';
export {checkedAnswer, type FailureAnswer, type Question, type Settlement} from './question.ts';
export type {DoneHow, Failure, JournalEntry, LiveEvent, RunEvent, RunStatus} from './run-event.ts';
export {type LaneLimit, laneLimits} from './lane-limits.ts';
export {localDispatch} from './local-dispatch.ts';
export {mendRunFolder} from './mend-run-folder.ts';
export {kernelLocks, type RunLock, type RunLocks} from './run-lock.ts';
export type {RunOptions, RunOutcome, RunTimes} from './run-options.ts';
export {type ResumeOutlook, resumeOutlook, type StepOutlook} from './resume-outlook.ts';
export {resumeRun, runPlan} from './run-plan.ts';
export {followRun, listRuns, type RunState, type RunSummary, type RunView, showRun, type StepView} from './runs.ts';
export {type RunStanding, runStanding} from './run-standing.ts';
export {openStore, type SqliteStoreOptions} from './sqlite-store.ts';
export {
  abortRun,
  acceptedAnswer,
  answerStep,
  lanesAfter,
  type LaneWish,
  retriedSteps,
  retryStep,
  setLane,
} from './steering.ts';
export {defineStep, type Found, type Progress, type StepActs, type StepContext, type StepKind} from './step-kind.ts';
export type {Row, SqlValue, Store, Tx} from './store.ts';
export {runIsAlive} from './take-up.ts';
export {undoPlan, type UndoPlan} from './undo-plan.ts';
export {VirtualClock} from './virtual-clock.ts';
export type {Wait} from './waits.ts';
