import {type EstateHost, loadEstate, type LoadedEstate} from '@dr-toolkit/estate';
import {type Host, openHosts} from '@dr-toolkit/hosts';

import type {Terminal} from './terminal.ts';

export interface GlobalOptions {
  readonly estate?: string | undefined;
  readonly yes?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** dr.yaml, from --estate, `DR_ESTATE` or upward from here. */
export function openEstate({cwd, env}: Terminal, {estate}: GlobalOptions): Promise<LoadedEstate> {
  return loadEstate({cwd, env, ...(estate !== undefined && {file: estate})});
}

/** Hosts by name, to be closed when done with. */
export interface OpenHosts extends AsyncDisposable {
  readonly hosts: ReadonlyMap<string, Host>;
}

/** Nothing is connected yet: each host connects when it is first asked. */
export function openedHosts(entries: Iterable<Pick<EstateHost, 'name' | 'uri'>>): OpenHosts {
  const hosts = openHosts(entries);
  return {
    hosts,
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(Array.from(hosts.values(), host => host.close()));
    },
  };
}
