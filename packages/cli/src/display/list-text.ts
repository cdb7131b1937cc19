import {percentText, rateText, timeText} from '../amounts.ts';
import {rowText} from '../row-text.ts';
import type {RowState, RowView, RunView} from '../run-view.ts';
import type {Style} from '../terminal.ts';
import {textWidth} from '../text-width.ts';
import {rowGroups} from './row-groups.ts';

export interface ListOptions {
  /** With more rows than this, only those that something happens to are shown. */
  readonly rowsMax: number;
  /** Columns of the screen. A narrow one has short names, and first what changes. */
  readonly columns?: number;
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

/** With fewer columns than this a line has no room for all that there is to say. */
const narrow = 60;

/** A run as a block of text: a headline, and a line for each row, by wave and service. */
export function listText(view: RunView, {rowsMax, columns = 100, paint}: ListOptions): string {
  const counts = view.counts();
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const calm = total > rowsMax;
  const chosen = calm ? view.rows(['failed', 'asking', 'running', 'cancelled']) : view.rows();
  const nameMost = Math.max(12, Math.floor(columns * 0.4));
  const width = Math.max(...chosen.slice(0, rowsMax).map(({name}) => textWidth(shortName(name, nameMost))), 0);
  const groups = rowGroups(view.rows(), new Set(chosen.map(({name}) => name)));
  const inset = groups.some(({title}) => title !== undefined) ? 2 : 0;
  const lines: string[] = [];
  let hidden = 0;
  for (const {title, total: members, done, rows} of groups) {
    const room = rowsMax - lines.length - (title === undefined ? 0 : 1);
    hidden += rows.length - Math.max(0, Math.min(room, rows.length));
    if (room <= 0) continue;
    if (title !== undefined) lines.push(paint('dim', `${title}  ${done} of ${members} done`));
    const own = title === undefined ? {indent: '', width: width + inset} : {indent: ' '.repeat(inset), width};
    for (const row of rows.slice(0, room)) {
      lines.push(
        `${own.indent}${rowLine({...row, short: shortName(row.name, nameMost)}, {width: own.width, columns, paint})}`,
      );
    }
  }
  return [headline(view, total, paint), ...lines, ...(hidden > 0 ? [paint('dim', `  and ${hidden} more`)] : [])].join(
    '\n',
  );
}

function headline(view: RunView, total: number, paint: ListOptions['paint']): string {
  const {done, running, waiting, failed, skipped, asking, cancelled} = view.counts();
  const shares = view.rows(['running']).map(({progress}) => progress?.fraction ?? 0);
  const ofRows = total === 0 ? 1 : (done + shares.reduce((sum, share) => sum + share, 0)) / total;
  const carried = view.progress();
  // All that there is to carry may be over while something is still to be verified.
  const fraction = carried && done < total ? Math.min(0.99, carried.fraction) : ofRows;
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
    ...(carried?.etaMs === undefined ? [] : [`${timeText(carried.etaMs)} left`]),
  ];
  const head = `${percentText(fraction)}  ${parts.join(', ')}`;
  const hindrance = view.hindrance === undefined ? [] : [paint('yellow', view.hindrance)];
  return [head, ...view.limits.map(limit => paint('dim', limit)), ...hindrance].join('\n');
}

function rowLine(
  row: RowView & {readonly short: string},
  {width, columns, paint}: {readonly width: number; readonly columns: number; readonly paint: ListOptions['paint']},
): string {
  const {mark, style} = marks[row.state];
  const name = row.short + ' '.repeat(Math.max(0, width - textWidth(row.short)));
  const text = rowText(row, {first: columns < narrow ? 'progress' : 'act'});
  const quiet = row.state === 'waiting' || row.state === 'skipped';
  return `${paint(style, mark)} ${quiet ? paint('dim', name) : name}  ${quiet ? paint('dim', text) : text}`;
}

/** Names often differ at their end: what is left out is in the middle. Counted in columns, as some letters take two. */
function shortName(name: string, most: number): string {
  if (textWidth(name) <= most) return name;
  const letters = Array.from(new Intl.Segmenter().segment(name), ({segment}) => segment);
  const tailMost = Math.floor((most - 1) / 2);
  const tail = within(letters.toReversed(), tailMost).toReversed().join('');
  return `${within(letters, most - 1 - tailMost).join('')}…${tail}`;
}

/** As many letters, from the first on, as have room in so many columns. */
function within(letters: readonly string[], columns: number): string[] {
  let room = columns;
  const past = letters.findIndex(letter => (room -= textWidth(letter)) < 0);
  return letters.slice(0, past === -1 ? undefined : past);
}
