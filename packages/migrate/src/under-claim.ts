import {shellWord} from '@dr-toolkit/estate';
import {defineStep, type StepContext, type StepKind} from '@dr-toolkit/engine';
import {type CallOptions, type Claim, type DomainStanding, type Host, HostError} from '@dr-toolkit/hosts';

import {claimStanding, claimText} from './claim-standing.ts';
import type {DomainMove} from './domain-move.ts';
import {MigrationError} from './migration-error.ts';
import {hostsOf, isArriving, type MigrationContext, type MoveHosts, whereabouts} from './whereabouts.ts';

type Context = MigrationContext & StepContext;

/**
 * How long a claim holds without being renewed, beside the time that the move itself may take: while libvirt moves a
 * domain nobody can write into its metadata. One that has expired still keeps others out until a person breaks it.
 */
const claimMs = 3_600_000;
/** A move that nobody slows down is hardly slower than this, in MiB/s. */
const slowestMibPerSecond = 8;
const renewMs = claimMs / 3;
/** What must be tidied up outlives a cancel. */
const tidyMs = 30_000;

/**
 * A kind of step that acts only under its run's claim on the domain: refused where somebody else's lies, renewed while
 * it acts, and given up after a failure that leaves the domain in one place for certain.
 */
export function underClaim(kind: StepKind<DomainMove, MigrationContext>): StepKind<DomainMove, MigrationContext> {
  return defineStep<DomainMove, MigrationContext>(kind.kind, {
    ...kind,
    perform: (move, context) => claimed(move, context, () => kind.perform(move, context)),
    ...(kind.attach && {
      // Also when it was told to end before: without a claim of its own nothing could be ended.
      attach: (move, context, found) =>
        claimed(move, context, async () => kind.attach?.(move, context, found), AbortSignal.timeout(tidyMs)),
    }),
    ...(kind.undo && {
      async undo(move, context) {
        await takeClaim(move, context);
        await kind.undo?.(move, context);
        await dropClaim(move, hostsOf(move, context), context, context);
      },
    }),
  });
}

async function claimed<T>(
  move: DomainMove,
  context: Context,
  act: () => Promise<T>,
  signal: AbortSignal = context.signal,
): Promise<T> {
  await takeClaim(move, {...context, signal});
  const renewal = setInterval(() => void renew(move, context), renewMs);
  try {
    return await act();
  } catch (error) {
    await dropIfSafe(move, context).catch((failure: unknown) =>
      context.log(`The claim on ${move.domain} could not be taken back, and expires: ${String(failure)}`),
    );
    throw error;
  } finally {
    clearInterval(renewal);
  }
}

/**
 * Looks for claims on both hosts, and lays this attempt's own wherever the domain is and nothing moves it.
 * @throws {MigrationError} `CLAIMED`
 */
async function takeClaim(move: DomainMove, context: Context): Promise<void> {
  const hosts = hostsOf(move, context);
  const both = [hosts.source, hosts.target];
  const [standings, ...claims] = await Promise.all([
    standingsOf(move, hosts, context),
    ...both.map(async host => ({host, claim: await claimOn(host, move, context)})),
  ]);
  for (const {host, claim} of claims) if (claim) await refuseForeign(claim, host, move, context);
  await layClaim(move, hosts, standings, context);
}

type Standings = Readonly<Record<keyof MoveHosts, DomainStanding | undefined>>;

async function standingsOf({uuid}: DomainMove, {source, target}: MoveHosts, {signal}: CallOptions): Promise<Standings> {
  const [here, there] = await Promise.all([
    source.readDomain(uuid, {signal}),
    target.readDomain(uuid, {signal}).catch(silentTarget(true)),
  ]);
  return {source: here, target: there};
}

async function layClaim(
  move: DomainMove,
  {source, target}: MoveHosts,
  {source: here, target: there}: Standings,
  {run, controller, token, signal}: Context,
): Promise<void> {
  const claim = {run, controller, token, until: claimUntil(move)};
  // A move under way keeps everybody out by itself, dr included; the target gets the claim with the definition.
  if (here?.job !== undefined) return;
  const places = [
    {host: source, standing: here},
    {host: target, standing: there},
  ].filter(({standing}) => standing && !isArriving(standing));
  await Promise.all(places.map(({host}) => host.writeClaim(move.uuid, claim, {signal})));
}

/** How long a claim holds that is laid now. */
export function claimUntil(move: Pick<DomainMove, 'weightBytes' | 'bandwidthMibPerSecond'>): string {
  return new Date(Date.now() + claimMs + longestMs(move)).toISOString();
}

/** The time for all there is to carry, at a pace that is slow for a disk and a link, or as the operator bounds it. */
function longestMs({
  weightBytes,
  bandwidthMibPerSecond,
}: Pick<DomainMove, 'weightBytes' | 'bandwidthMibPerSecond'>): number {
  const pace = Math.min(bandwidthMibPerSecond ?? slowestMibPerSecond, slowestMibPerSecond);
  return (weightBytes / (pace * 1024 ** 2)) * 1000;
}

async function renew(move: DomainMove, context: Context): Promise<void> {
  try {
    const hosts = hostsOf(move, context);
    await layClaim(move, hosts, await standingsOf(move, hosts, context), context);
  } catch (error) {
    context.log(`The claim on ${move.domain} could not be renewed: ${String(error)}`);
  }
}

async function refuseForeign(claim: Claim, host: Host, move: DomainMove, context: Context): Promise<void> {
  const {domain} = move;
  if (claim.run === context.run) {
    if (claim.token <= context.token) return;
    throw new MigrationError('CLAIMED', `A later attempt of this very run holds ${domain} on ${host.name}`, {
      hint: `See who runs it now: dr show ${claim.run}`,
    });
  }
  const run = await context.standingOf(claim.run);
  const standing = claimStanding(claim, {run, broken: move.brokenClaims ?? [], nowMs: Date.now()});
  if (standing === 'free') return context.log(`Takes ${domain} over from ${claimText(claim)}`);
  throw new MigrationError('CLAIMED', `${domain} on ${host.name} is held by ${claimText(claim)}`, {
    hint:
      standing === 'expired'
        ? `See that this controller has died; then break its claim by name: --break-claim ${shellWord(domain)}`
        : `Wait until that run has ended, or see it on its own machine: dr show ${claim.run}`,
  });
}

async function dropIfSafe(move: DomainMove, context: Context): Promise<void> {
  const options = {signal: AbortSignal.timeout(tidyMs)};
  const hosts = hostsOf(move, context);
  const {at} = await whereabouts(move, hosts, options);
  if (at === 'source' || at === 'target' || at === 'off') await dropClaim(move, hosts, context, options);
}

/** Removes this run's claim wherever it lies. A later attempt's stays. */
export async function dropClaim(
  {uuid}: Pick<DomainMove, 'uuid'>,
  {source, target}: MoveHosts,
  {run, token}: {readonly run: string; readonly token?: number},
  {signal}: CallOptions,
): Promise<void> {
  await Promise.all(
    [source, target].map(async host => {
      const claim = await host.readClaim(uuid, {signal}).catch(silentTarget(host === target));
      if (claim?.run === run && claim.token <= (token ?? claim.token)) await host.removeClaim(uuid, {signal});
    }),
  );
}

async function claimOn(host: Host, {uuid, to}: DomainMove, {signal}: CallOptions): Promise<Claim | undefined> {
  return host.readClaim(uuid, {signal}).catch(silentTarget(host.name === to));
}

/** A target that does not answer is the step's own affair: it looks where the domain is, and judges. */
function silentTarget(isTarget: boolean) {
  return (error: unknown): undefined => {
    if (!isTarget || !(error instanceof HostError) || error.code !== 'HOST_UNREACHABLE') throw error;
  };
}
