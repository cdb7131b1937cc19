import {Lanes} from '@dr-toolkit/lanes';

import {HostError} from './host-error.ts';
import type {CallOptions, Host} from './host.ts';
import type {HostReading} from './reading.ts';

/** What was read from the hosts at one moment: plain data. */
export interface Inventory {
  readonly hosts: readonly HostReading[];
  readonly unreachable: readonly UnreachableHost[];
}

export interface UnreachableHost {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** Each reading is an ssh login and a few hundred calls, so an estate of hundreds of hosts is read bit by bit. */
const atOnceDefault = 16;
const readers = 'readers';

/**
 * Reads all hosts, `atOnce` at a time. A host that does not answer is in the inventory too, with the reason.
 * @param options.atOnce Default 16.
 */
export async function readInventory(
  hosts: Iterable<Host>,
  {signal, atOnce = atOnceDefault}: CallOptions & {readonly atOnce?: number} = {},
): Promise<Inventory> {
  const lanes = new Lanes({limits: {[readers]: atOnce}});
  const read: HostReading[] = [];
  const unreachable: UnreachableHost[] = [];
  await Promise.all(
    Array.from(hosts, async host => {
      try {
        read.push(await lanes.hold([{lane: readers, places: 1}], () => host.read({signal}), {...(signal && {signal})}));
      } catch (error) {
        signal?.throwIfAborted();
        unreachable.push(unreachableHost(host.name, error));
      }
    }),
  );
  return {hosts: read.toSorted(byName), unreachable: unreachable.toSorted(byName)};
}

/** Why a host could not be opened or read, as data. Throws on what no host can have caused. */
export function unreachableHost(name: string, error: unknown): UnreachableHost {
  if (!(error instanceof HostError)) throw error;
  return {name, code: error.code, message: error.message, hint: error.hint};
}

function byName(a: {readonly name: string}, b: {readonly name: string}): number {
  return a.name < b.name ? -1 : 1;
}
