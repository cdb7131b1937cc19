import {findHost} from '@dr-toolkit/estate';
import {type DomainReading, type HostReading, readInventory} from '@dr-toolkit/hosts';
import {type ClaimStanding, claimStanding} from '@dr-toolkit/migrate';

import {type ExitCode, exitCodes} from '../exit-code.ts';
import {standingHere} from '../known-runs.ts';
import {type GlobalOptions, openedHosts, openEstate} from '../open-estate.ts';
import {tableText} from '../table.ts';
import {tellUnreachable} from '../tell-unreachable.ts';
import type {Terminal} from '../terminal.ts';

interface ListedClaim {
  readonly domain: string;
  readonly uuid: string;
  readonly host: string;
  readonly run: string;
  readonly controller: string;
  readonly token: number;
  readonly until: string;
  readonly standing: ClaimStanding;
}

const words = {live: 'held', expired: 'expired', free: 'its run has ended'} as const;

/** `dr claims [HOST...]`: which domains a run holds, whoever runs it. */
export async function claims(names: readonly string[], options: GlobalOptions, terminal: Terminal): Promise<ExitCode> {
  const {estate} = await openEstate(terminal, options);
  const chosen = names.length === 0 ? estate.hosts : [...new Set(names)].map(name => findHost(estate, name));
  await using opened = openedHosts(chosen);
  const {hosts, unreachable} = await readInventory(opened.hosts.values(), {signal: terminal.interrupts.stop});
  const listed = (
    await Promise.all(hosts.flatMap(host => host.domains.map(domain => listedClaim(host, domain, terminal))))
  ).flat();
  for (const claim of listed) terminal.event({type: 'claim', ...claim});
  terminal.say(listed.length === 0 ? 'No domain is claimed' : claimsText(listed));
  tellUnreachable(unreachable, terminal);
  return unreachable.length > 0 ? exitCodes.failed : exitCodes.done;
}

async function listedClaim(
  {name: host}: HostReading,
  {name: domain, uuid, claim}: DomainReading,
  {env}: Terminal,
): Promise<ListedClaim[]> {
  if (!claim) return [];
  const standing = claimStanding(claim, {run: await standingHere(claim.run, env), nowMs: Date.now()});
  return [{domain, uuid, host, ...claim, standing}];
}

function claimsText(listed: readonly ListedClaim[]): string {
  return tableText(
    [{title: 'DOMAIN'}, {title: 'HOST'}, {title: 'RUN'}, {title: 'CONTROLLER'}, {title: 'UNTIL'}, {title: 'STATE'}],
    listed.map(({domain, host, run, controller, until, standing}) => [
      domain,
      host,
      run,
      controller,
      until.slice(0, 19).replace('T', ' ') || '-',
      words[standing],
    ]),
  );
}
