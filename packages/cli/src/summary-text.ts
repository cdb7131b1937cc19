import type {SummaryRow} from '@dr-toolkit/migrate';

import {gibText} from './amounts.ts';
import {tableText} from './table.ts';

/** What became of each domain: where from, where to, how, how long, how much, and how long its guest stood still. */
export function summaryText(rows: readonly SummaryRow[]): string {
  return tableText(
    [
      {title: 'VM'},
      {title: 'FROM'},
      {title: 'TO'},
      {title: 'MODE'},
      {title: 'STATE'},
      {title: 'SECONDS', align: 'right'},
      {title: 'GIB', align: 'right'},
      {title: 'DOWNTIME MS', align: 'right'},
      {title: 'VERIFIED'},
    ],
    rows.map(({domain, from, to, mode, state, seconds, copiedBytes, downtimeMs, seen}) => [
      domain,
      from,
      to,
      mode,
      state,
      seconds === undefined ? '-' : seconds.toFixed(1),
      copiedBytes === undefined ? '-' : gibText(copiedBytes),
      downtimeMs === undefined ? '-' : String(Math.round(downtimeMs)),
      verifiedText(seen),
    ]),
  );
}

/** The best evidence that was seen: an answer of the guest, or else its state. */
function verifiedText(seen: readonly string[]): string {
  return seen.find(text => text.endsWith('answers')) ?? seen[0] ?? '-';
}
