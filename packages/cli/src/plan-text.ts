import {copiedDisks, type DomainMove} from '@dr-toolkit/migrate';

import {bytesText, counted} from './amounts.ts';
import {tableText} from './table.ts';

const how = {
  live: 'live',
  offline: 'offline',
  follow: 'follow (is on its way)',
  finish: 'finish (is there already)',
} as const;

/** The moves of a plan as a table, in the order in which they are begun, with what each has to carry. */
export function movesText(moves: readonly DomainMove[]): string {
  const rows = moves.map(move => {
    const disks = copiedDisks(move);
    const shared = move.disks.length - disks.length;
    return [
      move.domain,
      move.from,
      move.to,
      how[move.how],
      bytesText(move.memoryBytes),
      shared > 0 ? `${disks.length} + ${shared} shared` : String(disks.length),
      bytesText(sum(disks.map(disk => disk.allocationBytes))),
      bytesText(move.weightBytes),
    ];
  });
  const table = tableText(
    [
      {title: 'VM'},
      {title: 'FROM'},
      {title: 'TO'},
      {title: 'MODE'},
      {title: 'MEMORY', align: 'right'},
      {title: 'DISKS', align: 'right'},
      {title: 'DATA', align: 'right'},
      {title: 'TO CARRY', align: 'right'},
    ],
    rows,
  );
  const carried = sum(moves.map(move => move.weightBytes));
  return `${table}\n\n${counted(moves.length, 'domain')}, about ${bytesText(carried)} to carry`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
