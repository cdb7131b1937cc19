import {RunError} from './engine-error.ts';
import type {Json} from './json.ts';

/** What a run asks a person. It stands in the store until it is answered, from any terminal. */
export type Question =
  /** Yes or no. */
  | {readonly ask: 'confirm'; readonly text: string}
  | {readonly ask: 'choose'; readonly text: string; readonly choices: readonly string[]}
  /** To be typed out in full, for what cannot be taken back. */
  | {readonly ask: 'type'; readonly text: string; readonly expect: string}
  /** What a step has left behind could not be told: see `evidence`. */
  | {
      readonly ask: 'settle';
      readonly text: string;
      readonly evidence?: Json;
      readonly choices: readonly Settlement[];
    }
  /** A step failed that was planned with `onFailure: 'ask'`. */
  | {readonly ask: 'failure'; readonly text: string; readonly choices: readonly FailureAnswer[]};

/** `look` inspects again; `again` performs it again, `done` and `failed` take the person's word. */
export const settlements = ['look', 'done', 'again', 'failed'] as const;
export type Settlement = (typeof settlements)[number];

export const failureAnswers = ['retry', 'skip-dependents', 'continue', 'stop'] as const;
export type FailureAnswer = (typeof failureAnswers)[number];

/** The answer in the one form the run takes it: `true` or `false` for a confirmation, the chosen or typed word otherwise. */
export function checkedAnswer(question: Question, value: Json): boolean | string {
  if (question.ask === 'confirm') {
    const word = (typeof value === 'string' ? value : JSON.stringify(value)).trim().toLowerCase();
    if (['y', 'yes', 'true'].includes(word)) return true;
    if (['n', 'no', 'false'].includes(word)) return false;
    throw refused(value, 'Answer yes or no');
  }
  const words: readonly string[] = question.ask === 'type' ? [question.expect] : question.choices;
  if (typeof value === 'string' && words.includes(value)) return value;
  throw refused(
    value,
    question.ask === 'type' ? `Type exactly: ${question.expect}` : `Answer one of: ${words.join(', ')}`,
  );
}

function refused(value: Json, hint: string): RunError {
  return new RunError('BAD_ANSWER', `Not an answer to this question: ${JSON.stringify(value)}`, {hint});
}
