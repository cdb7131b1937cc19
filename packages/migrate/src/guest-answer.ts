import {once} from 'node:events';
import {connect, type Socket} from 'node:net';
import type {CallOptions, DomainReading, Host} from '@dr-toolkit/hosts';

import type {GuestAnswer} from './domain-move.ts';

const answerMs = 1500;

/**
 * How a guest answers now: its agent, or its TCP/IP at one of its known addresses, seen from this machine. Undefined
 * when it does neither.
 */
export async function guestAnswer(
  host: Pick<Host, 'pingAgent'>,
  {uuid, agent, addresses}: Pick<DomainReading, 'uuid' | 'agent' | 'addresses'>,
  {signal}: CallOptions = {},
): Promise<GuestAnswer | undefined> {
  const asked = agent === 'connected' && (await host.pingAgent(uuid, {signal}));
  if (asked || agent === 'answering') return {by: 'agent', addresses};
  const address = await answeringAddress(addresses, {signal});
  return address === undefined ? undefined : {by: 'address', address};
}

/** The first of the addresses at which somebody answers now. */
export async function answeringAddress(
  addresses: readonly string[],
  {signal}: CallOptions = {},
): Promise<string | undefined> {
  const answered = await Promise.all(
    addresses.map(async address => ((await addressAnswers(address, {signal})) ? address : undefined)),
  );
  return answered.find(found => found !== undefined);
}

/**
 * Whether somebody's TCP/IP is alive at that address. A refused connection is an answer as good as an accepted one, so
 * no port has to be known.
 */
export async function addressAnswers(
  address: string,
  {signal, port = 22}: CallOptions & {readonly port?: number} = {},
): Promise<boolean> {
  signal?.throwIfAborted();
  const socket = connect({host: address, port, timeout: answerMs});
  try {
    await Promise.race([once(socket, 'connect', {signal}), silence(socket)]);
    return !socket.connecting;
  } catch (error) {
    signal?.throwIfAborted();
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
  } finally {
    socket.destroy();
  }
}

function silence(socket: Socket): Promise<void> {
  return new Promise(resolve => socket.once('timeout', () => resolve()));
}
