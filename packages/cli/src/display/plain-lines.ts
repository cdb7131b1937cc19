import {limitText, lostText} from '../limit-text.ts';
import {actText, doneTexts, progressText} from '../row-text.ts';
import {isStepEvent, type RowView, type RunView, type StepEvent, type WholeRunEvent} from '../run-view.ts';
import type {Terminal} from '../terminal.ts';
import type {RunDisplay} from './run-display.ts';

/** A line with its time for each thing that happens, and for each quarter of a long step. For logs, cron and CI. */
export function plainLines(
  view: RunView,
  terminal: Pick<Terminal, 'note'>,
  {now = () => new Date()}: {readonly now?: () => Date} = {},
): RunDisplay {
  const quarters = new Map<string, number>();
  const line = (at: string, name: string, text: string) => terminal.note(`${at.slice(11, 19)} ${name}: ${text}`);
  return {
    event(event, row) {
      const at = 'at' in event ? event.at : now().toISOString();
      if (!isStepEvent(event)) {
        const text = runText(event);
        if (text !== undefined) line(at, 'run', text);
        return;
      }
      if (row === undefined) return;
      if (event.type === 'step-started') quarters.delete(event.step);
      if (event.type === 'progress') {
        const quarter = Math.floor((event.progress.fraction ?? 0) * 4);
        if (quarter <= (quarters.get(event.step) ?? 0) || quarter >= 4) return;
        quarters.set(event.step, quarter);
      }
      const text = stepText(event, view.row(row));
      if (text !== undefined) line(at, row, text);
    },
    remark: text => terminal.note(text),
    end: () => Promise.resolve(),
  };
}

function runText(event: WholeRunEvent): string | undefined {
  switch (event.type) {
    case 'run-halted':
      return `${event.step} failed: what runs is let end, nothing more starts`;
    case 'run-stopping':
      return event.how === 'stop' ? 'stopping: what runs is let end' : 'aborting what runs';
    case 'paused':
      return `paused: ${event.why}; ${event.hint}`;
    case 'unpaused':
      return 'goes on';
    case 'journal-repaired':
      return `the journal was ${event.damage}, and is written anew from the store`;
    case 'run-started':
    case 'run-resumed':
    case 'run-ended':
      return undefined;
    case 'lane-limit':
      return limitText(event);
    case 'holder-lost':
      return lostText(event);
  }
  return event satisfies never;
}

function stepText(event: StepEvent, row: RowView): string | undefined {
  switch (event.type) {
    case 'step-started':
      return event.attempt > 1 ? `${actText(row)} (attempt ${event.attempt})` : actText(row);
    case 'progress':
      return progressText(row);
    case 'step-done':
      return row.state === 'done' ? ['done', ...doneTexts(row)].join(', ') : undefined;
    case 'step-failed':
      return `failed: ${event.error.message}${event.error.hint === undefined ? '' : `; ${event.error.hint}`}`;
    case 'step-retrying':
      return `failed, and is tried again in ${Math.round(event.delayMs / 1000)} s: ${event.error.message}`;
    case 'step-skipped':
      return `left out: ${event.step}, because of ${event.because}`;
    case 'step-cancelled':
      return 'aborted';
    case 'step-asks':
      return `asks: ${event.question.text}`;
    case 'log':
      return event.line;
    case 'step-answered':
    case 'step-reset':
    case 'lanes-eased':
      return undefined;
  }
  return event satisfies never;
}
