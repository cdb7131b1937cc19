import type {Question, RunView} from '@dr-toolkit/engine';
import {shellWord} from '@dr-toolkit/estate';

const settlementTexts = {
  look: 'look again',
  done: 'it is done',
  again: 'nothing of it is there, do it again',
  failed: 'give it up',
} as const;

const failureTexts = {
  retry: 'try it again',
  'skip-dependents': 'give it up, and what needs it',
  continue: 'go on as if it were done',
  stop: 'start nothing more',
} as const;

/** What can be answered, in one line, with what it means where that is not plain. */
export function choicesText(question: Question): string {
  if (question.ask === 'confirm') return '[yes/no]';
  if (question.ask === 'type') return `Type ${question.expect}:`;
  if (question.ask !== 'settle') return `[${question.choices.join('/')}]`;
  return `[${question.choices.map(choice => `${choice}: ${settlementTexts[choice]}`).join(', ')}]`;
}

/** What a run asks: the question, what is known about it, and the command for each answer there is. */
export function questionsText({run, steps}: Pick<RunView, 'run' | 'steps'>): string[] {
  return steps.flatMap(({step, record: {state, question}}) => {
    if (state !== 'asking' || !question) return [];
    const evidence = question.ask === 'settle' && question.evidence !== undefined ? evidenceLines(question) : [];
    const answers = answersTo(question).map(({word, means}) => ({
      command: `dr answer ${run} ${shellWord(step.id)} ${shellWord(word)}`,
      means,
    }));
    const width = Math.max(...answers.map(({command}) => command.length));
    const lines = answers.map(({command, means}) =>
      means === undefined ? `    ${command}` : `    ${command.padEnd(width)}  # ${means}`,
    );
    return [[`${step.id} asks: ${question.text}`, ...evidence, '  Answer with one of:', ...lines].join('\n')];
  });
}

function evidenceLines({evidence}: Question & {ask: 'settle'}): string[] {
  return [
    '  Evidence:',
    ...JSON.stringify(evidence, undefined, 2)
      .split('\n')
      .map(line => `    ${line}`),
  ];
}

interface Answer {
  readonly word: string;
  readonly means?: string;
}

function answersTo(question: Question): Answer[] {
  switch (question.ask) {
    case 'confirm':
      return [{word: 'yes'}, {word: 'no'}];
    case 'type':
      return [{word: question.expect, means: 'typed in full, when you are certain'}];
    case 'choose':
      return question.choices.map(word => ({word}));
    case 'settle':
      return question.choices.map(word => ({word, means: settlementTexts[word]}));
    case 'failure':
      return question.choices.map(word => ({word, means: failureTexts[word]}));
  }
  return question satisfies never;
}
