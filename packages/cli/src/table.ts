import {textWidth} from './text-width.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

const gap = '  ';

/** Columns under their titles, without lines: as well to read as to cut with awk. Ten thousand rows are no matter. */
export function tableText(columns: readonly Column[], rows: ReadonlyArray<readonly string[]>): string {
  const cells = [columns.map(({title}) => title), ...rows].map(row =>
    row.map(text => ({text, width: textWidth(text)})),
  );
  const widths = columns.map((_, index) => cells.reduce((most, row) => Math.max(most, row[index]?.width ?? 0), 0));
  const lines = cells.map(row =>
    row
      .map(({text, width}, index) => {
        const room = ' '.repeat(Math.max(0, (widths[index] ?? 0) - width));
        return columns[index]?.align === 'right' ? room + text : text + room;
      })
      .join(gap)
      .trimEnd(),
  );
  return lines.join('\n');
}
