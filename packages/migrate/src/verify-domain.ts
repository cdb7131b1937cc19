import {shellWord} from '@dr-toolkit/estate';
import {defineStep} from '@dr-toolkit/engine';
import {type CallOptions, type DomainStanding, markWhole, readDiskNote} from '@dr-toolkit/hosts';

import {copiedDisks, type DiskMove, type DomainMove, leftFiles} from './domain-move.ts';
import {MigrationError} from './migration-error.ts';
import {restIn} from './settled-whereabouts.ts';
import {waitForGuest} from './wait-for-guest.ts';
import {hostsOf, type MigrationContext, type MoveHosts, statesText, whereabouts} from './whereabouts.ts';

/** Looks whether a domain is in order on its target: there and only there, its disks in place, its guest answering. */
export const verifyDomain = defineStep<DomainMove, MigrationContext>('verify-domain', {
  inspect() {
    return Promise.resolve({state: 'pending'});
  },

  async perform(move, context) {
    const hosts = hostsOf(move, context);
    const {source, target} = await verifiedPlace(move, hosts, context);
    await restIn(move, source, hosts, context);
    if (move.how !== 'finish')
      await Promise.all(leftFiles(move).map(file => markWhole(hosts.target, file.targetPath, move, context)));
    const disks = await Promise.all(copiedDisks(move).map(disk => verifiedDisk(disk, move, hosts, context)));
    const {answered} = move;
    const answer = answered ? [await waitForGuest({...move, answered}, hosts.target, context)] : [];
    const left = source ? `${source.state} on ${move.from}` : `gone from ${move.from}`;
    return {seen: [`${target.state} on ${move.to}`, left, ...disks, ...answer]};
  },
});

/** How it stands on both hosts. @throws {MigrationError} unless it is on the target, and there only. */
export async function verifiedPlace(
  move: DomainMove,
  hosts: MoveHosts,
  options: CallOptions,
): Promise<{readonly source: DomainStanding | undefined; readonly target: DomainStanding}> {
  const where = await whereabouts(move, hosts, options);
  const arrivedOff = move.how !== 'live' && where.at === 'off' && where.target !== undefined;
  const place = arrivedOff || (move.how !== 'offline' && where.at === 'target');
  if (!place) throw notVerified(move, statesText(where));
  if (!where.target?.persistent) throw notVerified(move, `${move.to} has no definition of it to start it from again`);
  if (where.source) await refuseWorkedSince(move, hosts, options);
  return {source: where.source, target: where.target};
}

/** Between its copy and its end on the source, as after a crash, lies time in which somebody may have used it there. */
async function refuseWorkedSince(move: DomainMove, {source, target}: MoveHosts, options: CallOptions): Promise<void> {
  const {domain, from, to} = move;
  for (const {sourcePath, targetPath} of leftFiles(move)) {
    const note = await readDiskNote(target, targetPath, 'incoming', options);
    if (note?.uuid !== move.uuid || note.sourceModified === undefined) continue;
    const now = await source.findVolume(sourcePath, options);
    if (now === undefined || now.modified === note.sourceModified) continue;
    throw new MigrationError(
      'TARGET_NOT_VERIFIED',
      `${sourcePath} on ${from} was written to after it had been copied to ${to}: ${domain} has worked on ${from} since`,
      {
        hint: `See which of the two is right. If that on ${from} is, remove the other's definition on ${to} (virsh undefine ${shellWord(domain)} --keep-nvram) and run the same command again; else remove it on ${from}`,
      },
    );
  }
}

async function verifiedDisk(
  {target, targetPath}: DiskMove,
  move: DomainMove,
  hosts: MoveHosts,
  options: CallOptions,
): Promise<string> {
  if (await hosts.target.findVolume(targetPath, options)) return `has ${target}`;
  throw notVerified(move, `${targetPath} is not there`);
}

function notVerified({domain, from, to}: DomainMove, why: string): MigrationError {
  return new MigrationError('TARGET_NOT_VERIFIED', `${domain} is not in order on ${to}: ${why}`, {
    hint: `Look at it there; nothing on ${from} is removed before it is in order`,
  });
}
