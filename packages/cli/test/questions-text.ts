import type {Question, RunView, StepView} from '@dr-toolkit/engine';
import test from 'ava';

import {questionsText} from '../src/questions-text.ts';
import {movingPlan} from './fixtures/plans.ts';

function asking(question: Question): Pick<RunView, 'run' | 'steps'> {
  const [, step] = movingPlan('wiki').steps;
  if (!step) throw new Error('no step');
  const record = {state: 'asking', attempt: 1, token: 1, notBeforeMs: 0, question} as const;
  const view: StepView = {step, record, progress: undefined, waits: []};
  return {run: 'the-run', steps: [view, {...view, record: {...record, state: 'done'}}]};
}

test('what cannot be told is shown with its evidence and the command for each answer', t => {
  const evidence = {sunjammer: 'running', newhost: 'paused'};
  t.deepEqual(
    questionsText(
      asking({ask: 'settle', text: 'Which is true?', evidence, choices: ['look', 'done', 'again', 'failed']}),
    ),
    [
      `wiki/move asks: Which is true?
  Evidence:
    {
      "sunjammer": "running",
      "newhost": "paused"
    }
  Answer with one of:
    dr answer the-run wiki/move look    # look again
    dr answer the-run wiki/move done    # it is done
    dr answer the-run wiki/move again   # nothing of it is there, do it again
    dr answer the-run wiki/move failed  # give it up`,
    ],
  );
});

test('choices are spelled for the shell', t => {
  const [text] = questionsText(asking({ask: 'choose', text: 'Where to?', choices: ['colo', "the owner's desk"]}));
  t.is(
    text,
    `wiki/move asks: Where to?
  Answer with one of:
    dr answer the-run wiki/move colo
    dr answer the-run wiki/move 'the owner'\\''s desk'`,
  );
});

test('a confirmation, a name to be typed, and a failure have their commands', t => {
  t.regex(questionsText(asking({ask: 'confirm', text: 'Sure?'}))[0] ?? '', /move yes\n.*move no$/u);
  t.regex(
    questionsText(asking({ask: 'type', text: 'Which?', expect: 'alder'}))[0] ?? '',
    /move alder {2}# typed in full/u,
  );
  t.regex(
    questionsText(asking({ask: 'failure', text: 'And now?', choices: ['retry', 'stop']}))[0] ?? '',
    /move retry {2}# try it again\n.*move stop {3}# start nothing more$/u,
  );
});

test('a run that asks nothing has nothing to be answered', t => {
  t.deepEqual(questionsText({run: 'the-run', steps: []}), []);
});
