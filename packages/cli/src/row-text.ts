import {bytesText, percentText, rateText, timeText} from './amounts.ts';
import type {RowState, RowView} from './run-view.ts';

/** What there is to say of a row behind its name, in one line without colours. */
export function rowText(row: RowView, {first = 'act'}: {readonly first?: 'act' | 'progress'} = {}): string {
  if (row.state === 'running' && first === 'progress') return runningParts(row).toReversed().join('  ');
  return texts[row.state](row);
}

function runningParts(row: RowView): string[] {
  return [actText(row), progressText(row)].filter(part => part !== '');
}

const texts: Readonly<Record<RowState, (row: RowView) => string>> = {
  waiting: ({waits}) => (waits === undefined ? 'waits' : `waits ${waits}`),
  running: row => runningParts(row).join('  '),
  asking: ({waits, act}) => `asks: ${waits ?? act}`,
  done: row => ['done', ...doneTexts(row)].join(', '),
  failed: ({failure, act}) => failure?.message ?? `${act} failed`,
  skipped: () => 'left out, as what it needs was not done',
  cancelled: row => `aborted (${actText(row)})`,
};

/** Percent, rate, time left; empty when nothing is known yet. */
export function progressText({progress, etaMs}: RowView): string {
  if (!progress) return '';
  const {fraction, bytesDone, bytesTotal, bytesPerSecond, text} = progress;
  const parts = [
    fraction === undefined ? '' : percentText(fraction),
    bytesTotal === undefined || bytesDone === undefined ? '' : `${bytesText(bytesDone)} of ${bytesText(bytesTotal)}`,
    bytesPerSecond ? rateText(bytesPerSecond) : '',
    etaMs === undefined ? '' : `${timeText(etaMs)} left`,
  ].filter(part => part !== '');
  return parts.length > 0 ? parts.join('  ') : (text ?? '');
}

/** What a finished row has achieved. */
export function doneTexts({startedMs, endedMs, facts}: RowView): string[] {
  const {seconds, downtimeMs, copiedBytes} = facts;
  const took = startedMs === undefined || endedMs === undefined ? undefined : endedMs - startedMs;
  const ms = typeof seconds === 'number' ? seconds * 1000 : took; // rather of the act itself than with its waiting
  return [
    ...(ms === undefined ? [] : [timeText(ms)]),
    ...(typeof copiedBytes === 'number' ? [bytesText(copiedBytes)] : []),
    ...(typeof downtimeMs === 'number' ? [`downtime ${Math.round(downtimeMs)} ms`] : []),
  ];
}

/** The act without the name that stands before it on the line: `Move aslo-db to newhost` is `move to newhost`. */
export function actText({act, name}: RowView): string {
  const short = act.replace(`${name} `, '').replace(/ +/gu, ' ').trim();
  return short.charAt(0).toLowerCase() + short.slice(1);
}
