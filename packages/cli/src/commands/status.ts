import {findHost} from '@dr-toolkit/estate';
import {type DomainReading, type HostReading, type Inventory, readInventory} from '@dr-toolkit/hosts';
import {hasLeft} from '@dr-toolkit/migrate';

import {bytesText, counted} from '../amounts.ts';
import {type ExitCode, exitCodes} from '../exit-code.ts';
import {type GlobalOptions, openedHosts, openEstate} from '../open-estate.ts';
import {tableText} from '../table.ts';
import {tellUnreachable} from '../tell-unreachable.ts';
import type {Terminal} from '../terminal.ts';

/** `dr status [HOST...]` */
export async function status(names: readonly string[], options: GlobalOptions, terminal: Terminal): Promise<ExitCode> {
  const {estate} = await openEstate(terminal, options);
  const chosen = names.length === 0 ? estate.hosts : [...new Set(names)].map(name => findHost(estate, name));
  await using opened = openedHosts(chosen);
  const inventory = await readInventory(opened.hosts.values(), {signal: terminal.interrupts.stop});
  if (terminal.json) tellEvents(inventory, terminal);
  else terminal.say(statusText(inventory, terminal.paint));
  tellUnreachable(inventory.unreachable, terminal);
  return inventory.unreachable.length > 0 ? exitCodes.failed : exitCodes.done;
}

function tellEvents({hosts}: Inventory, terminal: Terminal): void {
  for (const {domains, ...host} of hosts) {
    terminal.event({type: 'host', ...host});
    for (const {xml: _xml, ...domain} of domains) terminal.event({type: 'domain', host: host.name, ...domain});
  }
}

/** Hosts, then their domains. */
export function statusText({hosts, unreachable}: Inventory, paint: Terminal['paint']): string {
  const hostRows = [
    ...hosts.map(hostRow),
    ...unreachable.map(({name, code}) => [name, paint('red', code), '-', '-', '-', '-', '-']),
  ];
  const hostTable = tableText(
    [
      {title: 'HOST'},
      {title: 'STATE'},
      {title: 'CPUS', align: 'right'},
      {title: 'MEMORY FREE'},
      {title: 'DISK FREE'},
      {title: 'DOMAINS'},
      {title: 'VERSION'},
    ],
    hostRows,
  );
  const domainRows = hosts.flatMap(host => host.domains.map(domain => domainRow(host, domain, paint)));
  if (domainRows.length === 0) return hostTable;
  const domainTable = tableText(
    [
      {title: 'DOMAIN'},
      {title: 'HOST'},
      {title: 'STATE'},
      {title: 'VCPUS', align: 'right'},
      {title: 'MEMORY', align: 'right'},
      {title: 'DISKS', align: 'right'},
      {title: 'ADDRESSES'},
    ],
    domainRows,
  );
  return `${hostTable}\n\n${domainTable}`;
}

function hostRow({name, cpus, memory, pools, domains, libvirtVersion, hypervisor}: HostReading): string[] {
  const running = domains.filter(({state}) => state === 'running').length;
  return [
    name,
    'up',
    String(cpus),
    `${bytesText(memory.freeBytes)} of ${bytesText(memory.totalBytes)}`,
    poolsText(pools),
    `${counted(domains.length, 'domain')}, ${running} running`,
    `${hypervisor.type} ${hypervisor.version}, libvirt ${libvirtVersion}`,
  ];
}

function poolsText(pools: HostReading['pools']): string {
  const active = pools.filter(pool => pool.active);
  if (active.length === 0) return '-';
  return active.map(({name, availableBytes}) => `${name}: ${bytesText(availableBytes)}`).join(', ');
}

function domainRow(host: HostReading, domain: DomainReading, paint: Terminal['paint']): string[] {
  const {name, state, stateReason, vcpus, memoryBytes, disks, addresses, job} = domain;
  const expected = ['booted', 'migrated', 'restored', 'unpaused', 'shutdown', 'destroyed', 'unknown', 'saved'];
  const reason = hasLeft(domain) ? 'moved away' : expected.includes(stateReason) ? undefined : stateReason;
  const words = [state, ...(reason === undefined ? [] : [`(${reason})`]), ...(job ? [`[${job}]`] : [])];
  const style = state === 'running' ? 'green' : state === 'shutoff' ? 'dim' : 'yellow';
  const own = disks.filter(({device}) => device === 'disk' || device === 'lun');
  const allocated = own.reduce((sum, {allocationBytes}) => sum + allocationBytes, 0);
  return [
    name,
    host.name,
    paint(style, words.join(' ')),
    String(vcpus),
    bytesText(memoryBytes),
    own.length === 0 ? '-' : `${own.length}: ${bytesText(allocated)}`,
    addresses.join(', ') || '-',
  ];
}
