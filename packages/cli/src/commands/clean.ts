import {findHost} from '@dr-toolkit/estate';
import {HostError, readInventory} from '@dr-toolkit/hosts';
import {MigrationError} from '@dr-toolkit/migrate';

import {bytesText, counted} from '../amounts.ts';
import {CliError} from '../cli-error.ts';
import {type ExitCode, exitCodes} from '../exit-code.ts';
import {type LeftBehind, leftBehind} from '../left-behind.ts';
import {type GlobalOptions, openedHosts, openEstate} from '../open-estate.ts';
import {tableText} from '../table.ts';
import {tellUnreachable} from '../tell-unreachable.ts';
import {confirmed, type Terminal} from '../terminal.ts';

export type CleanCommand = GlobalOptions & {readonly dryRun?: boolean | undefined};

/** `dr clean [HOST...]`: deletes what runs left behind and nobody needs: disks of domains that moved away, copies given up. */
export async function clean(names: readonly string[], options: CleanCommand, terminal: Terminal): Promise<ExitCode> {
  const {estate} = await openEstate(terminal, options);
  const chosen = new Set(
    names.length === 0 ? estate.hosts.map(({name}) => name) : names.map(name => findHost(estate, name).name),
  );
  await using opened = openedHosts(estate.hosts);
  const {hosts} = opened;
  const {stop: signal} = terminal.interrupts;
  const look = async () => {
    const inventory = await readInventory(hosts.values(), {signal});
    const left = await leftBehind({hosts, inventory, signal}, terminal);
    return {left: left.filter(({host}) => chosen.has(host)), unreachable: inventory.unreachable};
  };
  const {left, unreachable} = await look();
  const silent = unreachable.filter(({name}) => chosen.has(name));
  tellUnreachable(silent, terminal);
  for (const {event} of left) terminal.event(event);
  const code = silent.length > 0 ? exitCodes.failed : exitCodes.done;
  if (left.length === 0) {
    terminal.say(`Nothing is left behind on ${[...chosen].join(', ')}`);
    return code;
  }
  terminal.say(leftText(left));
  const going = left.filter(({keep}) => keep === undefined);
  if (options.dryRun || going.length === 0) return code;
  await confirmed(terminal, question(going), options);
  // Whoever was asked may have taken an hour to answer.
  const agreed = new Set(going.map(keyOf));
  const now = await look();
  const stays = now.left.filter(one => agreed.has(keyOf(one)) && one.keep !== undefined);
  for (const {path, host, keep} of stays) terminal.note(`${path} on ${host} stays after all: ${keep}`);
  const goes = now.left.filter(one => agreed.has(keyOf(one)) && one.keep === undefined);
  let failed = stays.length > 0;
  for (const [index, one] of goes.entries()) {
    try {
      signal.throwIfAborted();
      if (!(await isDeleted(one, terminal))) failed = true;
    } catch (error) {
      throw signal.aborted ? interruptedAfter(index, goes) : error;
    }
  }
  return failed ? exitCodes.failed : code;
}

/** What is gone has been told; of the one at which it was interrupted nobody knows yet. */
function interruptedAfter(index: number, {length}: readonly LeftBehind[]): CliError {
  return new CliError('INTERRUPTED', `Interrupted after ${index} of ${length}: what is deleted was said`, {
    hint: 'See what is left: dr clean --dry-run',
  });
}

/** What goes wrong with one keeps nobody from deleting the others. */
async function isDeleted({host, path, remove}: LeftBehind, terminal: Terminal): Promise<boolean> {
  try {
    await remove();
  } catch (error) {
    if (!(error instanceof HostError || error instanceof MigrationError)) throw error;
    const {message, hint} = error;
    terminal.event({type: 'not-deleted', host, path, message, hint});
    terminal.note(`${path} on ${host} stays: ${message}\n    ${hint}`);
    return false;
  }
  terminal.event({type: 'deleted', host, path});
  terminal.note(`Deleted ${path} on ${host}`);
  return true;
}

function question(going: readonly LeftBehind[]): string {
  const notes = going.filter(({event}) => event.type === 'left-probe');
  const size = going.reduce((sum, {allocationBytes}) => sum + allocationBytes, 0);
  const disks = going.length - notes.length;
  const what = [
    ...(disks > 0 ? [`${counted(disks, 'disk')} (${bytesText(size)})`] : []),
    ...(notes.length > 0 ? [counted(notes.length, 'note')] : []),
  ];
  return `Delete ${what.join(' and ')} for good?`;
}

function keyOf({host, path, what}: LeftBehind): string {
  return JSON.stringify([host, path, what]);
}

function leftText(left: readonly LeftBehind[]): string {
  return tableText(
    [
      {title: 'HOST'},
      {title: 'FILE'},
      {title: 'SIZE', align: 'right'},
      {title: 'VM'},
      {title: 'WHAT'},
      {title: 'REMARK'},
    ],
    left.map(({host, path, allocationBytes, domain, what, keep}) => [
      host,
      path,
      bytesText(allocationBytes),
      domain === '' ? '-' : domain,
      what,
      keep === undefined ? '' : `stays: ${keep}`,
    ]),
  );
}
