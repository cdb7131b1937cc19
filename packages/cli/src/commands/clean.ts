import {findHost} from '@dr-toolkit/estate';
import {deleteKept, type HostReading, type KeptDisk, keptDisks, readInventory} from '@dr-toolkit/hosts';

import {bytesText, counted} from '../amounts.ts';
import {type ExitCode, exitCodes} from '../exit-code.ts';
import {type GlobalOptions, openedHosts, openEstate} from '../open-estate.ts';
import {tableText} from '../table.ts';
import {confirmed, type Terminal} from '../terminal.ts';

export type CleanCommand = GlobalOptions & {readonly dryRun?: boolean | undefined};

/** `dr clean [HOST...]`: deletes what stayed behind when domains moved away, where they are seen to live elsewhere. */
export async function clean(names: readonly string[], options: CleanCommand, terminal: Terminal): Promise<ExitCode> {
  const {estate} = await openEstate(terminal, options);
  const chosen = new Set(
    names.length === 0 ? estate.hosts.map(({name}) => name) : names.map(name => findHost(estate, name).name),
  );
  await using opened = openedHosts(estate.hosts);
  const {signal} = {signal: terminal.interrupts.stop};
  const {hosts, unreachable} = await readInventory(opened.hosts.values(), {signal});
  const silent = unreachable.filter(({name}) => chosen.has(name));
  for (const {message, hint} of silent) terminal.note(`${message}\n    ${hint}`);
  const kept: KeptDisk[] = [];
  for (const {name} of hosts) {
    const host = opened.hosts.get(name);
    if (host && chosen.has(name)) kept.push(...(await keptDisks(host, {signal})));
  }
  const judged = kept.map(disk => ({disk, keep: reasonToKeep(disk, hosts)}));
  for (const {disk, keep} of judged) terminal.event({type: 'kept-disk', ...disk, ...(keep !== undefined && {keep})});
  if (kept.length === 0) {
    terminal.say(`No kept disks on ${[...chosen].join(', ')}`);
    return silent.length > 0 ? exitCodes.failed : exitCodes.done;
  }
  terminal.say(keptText(judged));
  const going = judged.filter(({keep}) => keep === undefined).map(({disk}) => disk);
  if (options.dryRun || going.length === 0) return silent.length > 0 ? exitCodes.failed : exitCodes.done;
  const size = going.reduce((sum, {allocationBytes}) => sum + allocationBytes, 0);
  await confirmed(terminal, `Delete ${counted(going.length, 'disk')} (${bytesText(size)}) for good?`, options);
  for (const disk of going) {
    signal.throwIfAborted();
    const host = opened.hosts.get(disk.host);
    if (!host) continue;
    await deleteKept(host, disk, {signal});
    terminal.event({type: 'deleted', host: disk.host, path: disk.path});
    terminal.note(`Deleted ${disk.path} on ${disk.host}`);
  }
  return silent.length > 0 ? exitCodes.failed : exitCodes.done;
}

/** Why a kept disk is not deleted; undefined when its domain is seen to have disks of its own elsewhere. */
export function reasonToKeep(
  {uuid, domain, host, usedBy}: KeptDisk,
  hosts: readonly HostReading[],
): string | undefined {
  if (usedBy !== undefined) return `in use by ${usedBy}`;
  const elsewhere = hosts.some(({name, domains}) => name !== host && domains.some(other => other.uuid === uuid));
  return elsewhere ? undefined : `no other host that answers has ${domain}: this may be its last copy`;
}

function keptText(judged: ReadonlyArray<{readonly disk: KeptDisk; readonly keep: string | undefined}>): string {
  return tableText(
    [
      {title: 'HOST'},
      {title: 'DISK'},
      {title: 'SIZE', align: 'right'},
      {title: 'VM'},
      {title: 'MOVED TO'},
      {title: 'ON'},
      {title: 'REMARK'},
    ],
    judged.map(({disk: {host, path, allocationBytes, domain, movedTo, movedAt}, keep}) => [
      host,
      path,
      bytesText(allocationBytes),
      domain,
      movedTo,
      movedAt.slice(0, 16).replace('T', ' '),
      keep === undefined ? '' : `stays: ${keep}`,
    ]),
  );
}
