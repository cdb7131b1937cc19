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

/** Reads all hosts at once. A host that does not answer is in the inventory too, with the reason. */
export async function readInventory(hosts: Iterable<Host>, {signal}: CallOptions = {}): Promise<Inventory> {
  const read: HostReading[] = [];
  const unreachable: UnreachableHost[] = [];
  await Promise.all(
    Array.from(hosts, async host => {
      try {
        read.push(await host.read({signal}));
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
