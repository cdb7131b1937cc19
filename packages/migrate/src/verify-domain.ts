import {setTimeout as sleep} from 'node:timers/promises';
import {defineStep, type StepContext} from '@dr-toolkit/engine';

import {answersAgain} from './guest-answer.ts';
import {copiedDisks, type DomainMove} from './domain-move.ts';
import {MigrationError} from './migration-error.ts';
import {restIn} from './settled-whereabouts.ts';
import {hostsOf, type MigrationContext, type MoveHosts, statesText, whereabouts} from './whereabouts.ts';

const guestMs = 60_000;
const pollMs = 500;

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
    const answer = move.answered;
    if (answer) {
      await waitForGuest(move, hosts, context);
      seen.push(answer.by === 'agent' ? 'its agent answers' : `${answer.address} answers`);
    }
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

async function waitForGuest(move: DomainMove, {target}: MoveHosts, context: StepContext): Promise<void> {
  const {answered, uuid, domain, from, to} = move;
  if (!answered) return;
  const untilMs = performance.now() + guestMs;
  while (!(await answersAgain(target, uuid, answered, context))) {
    if (performance.now() > untilMs) {
      const by = answered.by === 'agent' ? 'its agent' : answered.address;
      throw new MigrationError(
        'GUEST_SILENT',
        `${domain} runs on ${to}, but ${by}, which answered before, has been silent for ${guestMs / 1000} s`,
        {
          hint: `Look at its console on ${to} (virsh console ${domain}); when it is well, run the same command again: its definition and disks on ${from} are untouched`,
        },
      );
    }
    await sleep(pollMs, undefined, {signal: context.signal});
  }
}

function notVerified({domain, from, to}: DomainMove, why: string): MigrationError {
  return new MigrationError('TARGET_NOT_VERIFIED', `${domain} is not in order on ${to}: ${why}`, {
    hint: `Look at it there; nothing on ${from} is removed before it is in order`,
  });
}
