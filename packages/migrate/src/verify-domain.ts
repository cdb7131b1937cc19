import {defineStep} from '@dr-toolkit/engine';

import {copiedDisks, type DomainMove} from './domain-move.ts';
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
    const seen = await verifiedPlace(move, hosts, context);
    await restIn(move, hosts, context);
    for (const disk of copiedDisks(move)) {
      if (await hosts.target.findVolume(disk.targetPath, context)) seen.push(`has ${disk.target}`);
      else throw notVerified(move, `${disk.targetPath} is not there`);
    }
    if (move.answered) seen.push(await waitForGuest({...move, answered: move.answered}, hosts.target, context));
    return {seen};
  },
});

/** What was seen of it; throws unless it is on the target, and there only. */
export async function verifiedPlace(
  move: DomainMove,
  hosts: MoveHosts,
  options: {readonly signal: AbortSignal},
): Promise<string[]> {
  const where = await whereabouts(move, hosts, options);
  const arrivedOff = move.how !== 'live' && where.at === 'off' && where.target !== undefined;
  const place = arrivedOff || (move.how !== 'offline' && where.at === 'target');
  if (!place) throw notVerified(move, statesText(where));
  if (!where.target?.persistent) throw notVerified(move, `${move.to} has no definition of it to start it from again`);
  return [
    `${where.target.state} on ${move.to}`,
    where.source ? `${where.source.state} on ${move.from}` : `gone from ${move.from}`,
  ];
}

function notVerified({domain, from, to}: DomainMove, why: string): MigrationError {
  return new MigrationError('TARGET_NOT_VERIFIED', `${domain} is not in order on ${to}: ${why}`, {
    hint: `Look at it there; nothing on ${from} is removed before it is in order`,
  });
}
