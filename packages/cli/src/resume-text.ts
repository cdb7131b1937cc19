import type {Found, ResumeOutlook, RunView, StepOutlook} from '@dr-toolkit/engine';
import {shellWord} from '@dr-toolkit/estate';

import {tableText} from './table.ts';
import {waitText} from './waits-text.ts';

/** What resuming a run would do with each of its steps, and what comes of that. */
export function resumeText({run}: Pick<RunView, 'run'>, {steps, status}: ResumeOutlook): string {
  const table = tableText(
    [{title: 'STEP'}, {title: 'NEXT'}, {title: 'REMARK'}],
    steps.map(step => [step.step.id, nextWord(step), remark(step)]),
  );
  const end = endText(run, {steps, status});
  return end === undefined ? table : `${table}\n\n${end}`;
}

function nextWord({next, record}: StepOutlook): string {
  if (next !== 'stay') return next;
  return record.state === 'pending' ? 'is not begun' : record.state;
}

function remark({next, record, waits, found}: StepOutlook): string {
  if (found) return foundText(found);
  if (next === 'wait') return waitText(waits);
  return record.error?.message ?? record.question?.text ?? '';
}

/** What a look says of a step that was under way, and what follows from it. */
function foundText(found: Found): string {
  switch (found.state) {
    case 'done':
      return 'it is done';
    case 'pending':
      return 'nothing of it is there: it is done again';
    case 'underway':
      return `it goes on by itself${found.text === undefined ? '' : ` (${found.text})`}: it is followed`;
    case 'unknown':
      return `it cannot be told (${found.why}): a person is asked`;
  }
  return found satisfies never;
}

function endText(run: string, {steps, status}: ResumeOutlook): string | undefined {
  if (status === 'done') return 'All of it is done';
  if (status === 'waiting') return `Nothing begins before a person has answered: dr show ${run}`;
  if (status !== 'failed') return undefined;
  const failed = steps.find(({record}) => record.state === 'failed');
  return `Nothing begins, as a step has failed. To let it be tried again: dr retry ${run} ${shellWord(failed?.step.id ?? 'STEP')}`;
}
