import stringWidth from 'string-width';

import {percentText, rateText} from '../amounts.ts';
import {rowText} from '../row-text.ts';
import type {RowState, RowView, RunView} from '../run-view.ts';
import type {Style} from '../terminal.ts';

export interface ListOptions {
  /** With more rows than this, only those that something happens to are shown. */
  readonly rowsMax: number;
  readonly paint: (style: Style, text: string) => string;
}

const marks: Record<RowState, {readonly mark: string; readonly style: Style}> = {
  waiting: {mark: '·', style: 'dim'},
  running: {mark: '›', style: 'cyan'},
  asking: {mark: '?', style: 'yellow'},
  done: {mark: '✓', style: 'green'},
  failed: {mark: '✗', style: 'red'},
  skipped: {mark: '-', style: 'dim'},
  cancelled: {mark: '■', style: 'yellow'},
};

/** A run as a block of text: a headline, and a line for each row. */
export function listText(view: RunView, {rowsMax, paint}: ListOptions): string {
  const counts = view.counts();
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const calm = total > rowsMax;
  const chosen = calm ? view.rows(['failed', 'asking', 'running', 'cancelled']) : view.rows();
  const rows = chosen.slice(0, rowsMax);
  const width = Math.max(...rows.map(({name}) => stringWidth(name)), 0);
  const lines = rows.map(row => rowLine(row, width, paint));
  const hidden = chosen.length - rows.length;
  return [headline(view, total, paint), ...lines, ...(hidden > 0 ? [paint('dim', `  and ${hidden} more`)] : [])].join(
    '\n',
  );
}

function headline(view: RunView, total: number, paint: ListOptions['paint']): string {
  const {done, running, waiting, failed, skipped, asking, cancelled} = view.counts();
  const shares = view.rows(['running']).map(({progress}) => progress?.fraction ?? 0);
  const fraction = total === 0 ? 1 : (done + shares.reduce((sum, share) => sum + share, 0)) / total;
  const rate = view.bytesPerSecond();
  const parts = [
    `${done} of ${total} done`,
    ...(running > 0 ? [`${running} under way`] : []),
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
    ...(asking > 0 ? [paint('yellow', `${asking} asking`)] : []),
    ...(failed > 0 ? [paint('red', `${failed} failed`)] : []),
    ...(cancelled > 0 ? [paint('yellow', `${cancelled} aborted`)] : []),
    ...(skipped > 0 ? [`${skipped} left out`] : []),
    ...(rate > 0 ? [rateText(rate)] : []),
  ];
  const head = `${percentText(fraction)}  ${parts.join(', ')}`;
  const hindrance = view.hindrance === undefined ? [] : [paint('yellow', view.hindrance)];
  return [head, ...view.limits.map(limit => paint('dim', limit)), ...hindrance].join('\n');
}

function rowLine(row: RowView, width: number, paint: ListOptions['paint']): string {
  const {mark, style} = marks[row.state];
  const name = row.name + ' '.repeat(Math.max(0, width - stringWidth(row.name)));
  const text = rowText(row);
  const quiet = row.state === 'waiting' || row.state === 'skipped';
  return `${paint(style, mark)} ${quiet ? paint('dim', name) : name}  ${quiet ? paint('dim', text) : text}`;
}
