import test from 'ava';

import {tableText} from '../src/table.ts';

const columns = [{title: 'VM'}, {title: 'GIB', align: 'right'}, {title: 'REMARK'}] as const;

test('columns are as wide as what stands in them, and no line ends in blanks', t => {
  t.is(
    tableText(columns, [
      ['aslo-db', '1.25', ''],
      ['wiki', '10.00', 'late'],
    ]),
    'VM         GIB  REMARK\naslo-db   1.25\nwiki     10.00  late',
  );
});

test('colours and wide letters keep their columns', t => {
  const [, red, wide] = tableText(columns, [
    ['\u001B[31mdb\u001B[39m', '1', 'x'],
    ['データ', '2', 'x'],
  ]).split('\n');
  t.is(red, '\u001B[31mdb\u001B[39m        1  x');
  t.is(wide, 'データ    2  x');
});

test('without rows the titles stand alone', t => {
  t.is(tableText(columns, []), 'VM  GIB  REMARK');
});
