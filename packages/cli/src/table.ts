import Table from 'cli-table3';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** Columns under their titles, without lines: as well to read as to cut with awk. */
export function tableText(columns: readonly Column[], rows: ReadonlyArray<readonly string[]>): string {
  const table = new Table({
    chars: blank,
    colAligns: columns.map(({align = 'left'}) => align),
    style: {'padding-left': 0, 'padding-right': 2, head: [], border: [], compact: true},
    head: columns.map(({title}) => title),
  });
  table.push(...rows.map(row => [...row]));
  return table.toString().replaceAll(/ +$/gmu, '');
}

const places =
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid middle';
const blank = Object.fromEntries(places.split(' ').map(place => [place, '']));
