import type {LabStatus, LabWish, LinkSpeed} from '@dr-toolkit/lab';

import {bytesText, counted, timeText} from './amounts.ts';
import {tableText} from './table.ts';

/** A lab as it is now: its hosts, its guests, and what is cut. */
export function labText({hosts, guests, cuts}: LabStatus): string {
  const hostTable = tableText(
    [{title: 'HOST'}, {title: 'ADDRESS'}, {title: 'STATE'}, {title: 'LINK'}, {title: 'DISK FREE'}, {title: 'RUNS'}],
    hosts.map(({name, address, power: state, libvirtd, cut, link: speed, disk, domains}) => [
      name,
      address,
      [state === 'on' && !libvirtd ? 'on, libvirtd is silent' : state, ...(cut ? ['cut off'] : [])].join(', '),
      linkText(speed),
      disk ? `${bytesText(disk.freeBytes)} of ${bytesText(disk.totalBytes)}` : '-',
      domains.flatMap(domain => (domain.state === 'running' ? [domain.name] : [])).join(', ') || '-',
    ]),
  );
  const guestTable = tableText(
    [
      {title: 'GUEST'},
      {title: 'ADDRESS'},
      {title: 'RUNS ON'},
      {title: 'UP', align: 'right'},
      {title: 'COUNTER', align: 'right'},
    ],
    guests.map(({name, address, runningOn, answer}) => [
      name,
      address,
      runningOn.join(' AND ') || '-',
      answer ? timeText(answer.uptime * 1000) : 'silent',
      answer ? String(answer.counter) : '-',
    ]),
  );
  const cutLines = cuts.map(([one, other]) => `Cut: ${one} and ${other}`);
  return [
    hostTable,
    ...(guests.length > 0 ? [guestTable] : []),
    ...(cutLines.length > 0 ? [cutLines.join('\n')] : []),
  ].join('\n\n');
}

/** Rate and delay of a link in words. */
export function linkText({rateMbit, delayMs}: LinkSpeed): string {
  const parts = [
    ...(rateMbit === undefined ? [] : [`${rateMbit} Mbit/s`]),
    ...(delayMs === undefined ? [] : [`${delayMs} ms`]),
  ];
  return parts.join(', ') || 'unbounded';
}

/** The hosts and guests of a lab in one line: `2 hosts (sunjammer, newhost), 1 guest (wiki)`. */
export function namesText({hosts, guests}: Pick<LabWish, 'hosts' | 'guests'>): string {
  return `${countedText(hosts, 'host')}, ${countedText(guests, 'guest')}`;
}

function countedText(names: readonly string[], word: string): string {
  const count = counted(names.length, word);
  return names.length === 0 ? count : `${count} (${names.join(', ')})`;
}
