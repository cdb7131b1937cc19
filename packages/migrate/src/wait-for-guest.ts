import {setTimeout as sleep} from 'node:timers/promises';
import {shellWord} from '@dr-toolkit/estate';
import type {CallOptions, Host} from '@dr-toolkit/hosts';

import type {DomainMove, GuestAnswer} from './domain-move.ts';
import {addressAnswers, answeringAddress} from './guest-answer.ts';
import {MigrationError} from './migration-error.ts';

export type AnsweringMove = Pick<DomainMove, 'uuid' | 'domain' | 'from' | 'to'> & {readonly answered: GuestAnswer};

export interface WaitForGuestOptions extends CallOptions {
  readonly pollMs?: number;
  /** How long an agent may be silent before its guest's addresses are asked, too. */
  readonly agentMs?: number;
  /** How long the guest may be silent. */
  readonly guestMs?: number;
}

/**
 * Waits until a guest answers that answered before its move, and tells how it did. An agent's channel may be lost on the
 * way while its guest is well, so in the end an answer from one of the guest's addresses does.
 * @throws {MigrationError} `GUEST_SILENT`
 */
export async function waitForGuest(
  {uuid, domain, from, to, answered}: AnsweringMove,
  target: Pick<Host, 'pingAgent'>,
  {signal, pollMs = 500, agentMs = 15_000, guestMs = 60_000}: WaitForGuestOptions = {},
): Promise<string> {
  const startMs = performance.now();
  for (;;) {
    if (answered.by === 'address') {
      if (await addressAnswers(answered.address, {signal})) return `${answered.address} answers`;
    } else if (await target.pingAgent(uuid, {signal})) return 'its agent answers';

    const silentMs = performance.now() - startMs;
    if (answered.by === 'agent' && silentMs >= agentMs) {
      const address = await answeringAddress(answered.addresses, {signal});
      if (address !== undefined) return `${address} answers, its agent does not`;
    }
    if (silentMs >= guestMs) throw guestSilent({domain, from, to, answered}, silentMs);
    await sleep(pollMs, undefined, {...(signal && {signal})});
  }
}

function guestSilent({domain, from, to, answered}: Omit<AnsweringMove, 'uuid'>, silentMs: number): MigrationError {
  const by = answered.by === 'agent' ? 'its agent' : answered.address;
  return new MigrationError(
    'GUEST_SILENT',
    `${domain} runs on ${to}, but ${by}, which answered before, has been silent for ${Math.round(silentMs / 1000)} s`,
    {
      hint: `Look at its console on ${to} (virsh console ${shellWord(domain)}); when it is well, run the same command again: its definition and disks on ${from} are untouched`,
    },
  );
}
