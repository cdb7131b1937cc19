import {randomUUID} from 'node:crypto';
import {hostname} from 'node:os';
import {type CallOptions, type Claim, type Host, readDiskNote, removeDiskNote} from '@dr-toolkit/hosts';

import {claimStanding, claimText} from './claim-standing.ts';
import type {StandingOf} from './found-claims.ts';
import {MigrationError} from './migration-error.ts';
import type {UnfinishedCopy} from './unfinished-copies.ts';

/** As long as deleting a large file may take on a slow disk. */
const claimMs = 600_000;
/** What must be tidied up outlives a cancel. */
const tidyMs = 30_000;

export interface DeleteOptions extends CallOptions {
  /** How a run stands that claims the domain by now. */
  readonly standingOf: StandingOf;
  readonly controller?: string;
}

/**
 * Deletes an unfinished copy, its NVRAM and their notes. Meanwhile the domain is claimed wherever it lives, so that no run
 * begins to copy into the very files; and all that could have changed since the copy was judged is looked at once more.
 * @throws {MigrationError} `CLAIMED`, `UNCLEAR`, with nothing deleted.
 */
export async function deleteUnfinished(
  hosts: ReadonlyMap<string, Host>,
  {host: name, path, note, nvram, keep}: UnfinishedCopy,
  {standingOf, controller = `${hostname()}:${process.pid}`, signal}: DeleteOptions,
): Promise<void> {
  const target = hosts.get(name);
  if (!target || !note || keep !== undefined) return;
  const {uuid, domain, run} = note;
  const claim = {
    run: `clean-${randomUUID().slice(0, 8)}`,
    controller,
    token: 1,
    until: new Date(Date.now() + claimMs).toISOString(),
  };
  const claimed: Host[] = [];
  try {
    for (const host of hosts.values()) {
      const there = await host.readDomain(uuid, {signal});
      if (!there) continue;
      if (host === target || there.job !== undefined) throw changed(domain, host);
      await refuseHeld(await host.readClaim(uuid, {signal}), {domain, host, standingOf});
      claimed.push(host);
      await host.writeClaim(uuid, claim, {signal});
    }
    if (claimed.length === 0) throw changed(domain, target);
    const paths = nvram === undefined ? [path] : [nvram, path];
    for (const file of paths) {
      const now = await readDiskNote(target, file, 'incoming', {signal});
      if (now?.run !== run || now.uuid !== uuid) throw changed(domain, target);
    }
    if (await target.readDomain(uuid, {signal})) throw changed(domain, target);
    for (const file of paths) {
      await target.deleteVolume(file, {signal});
      await removeDiskNote(target, file, 'incoming', {signal});
    }
  } finally {
    await Promise.all(claimed.map(host => takeBack(host, uuid, claim)));
  }
}

async function refuseHeld(
  claim: Claim | undefined,
  {domain, host, standingOf}: {readonly domain: string; readonly host: Host; readonly standingOf: StandingOf},
): Promise<void> {
  if (!claim) return;
  if (claimStanding(claim, {run: await standingOf(claim.run), nowMs: Date.now()}) === 'free') return;
  throw new MigrationError('CLAIMED', `${domain} on ${host.name} is held by ${claimText(claim)}`, {
    hint: `Wait until that run has ended: dr show ${claim.run}`,
  });
}

/** One that could not be taken back expires. */
async function takeBack(host: Host, uuid: string, {run}: Claim): Promise<void> {
  const options = {signal: AbortSignal.timeout(tidyMs)};
  const left = await host.readClaim(uuid, options).catch(() => undefined);
  if (left?.run === run) await host.removeClaim(uuid, options).catch(() => undefined);
}

function changed(domain: string, {name}: Host): MigrationError {
  return new MigrationError(
    'UNCLEAR',
    `Something has changed with ${domain} on ${name} meanwhile; nothing of it was deleted`,
    {
      hint: 'See what is there now: dr clean --dry-run',
    },
  );
}
