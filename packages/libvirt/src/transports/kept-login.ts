import {execa, type Options} from 'execa';

/** How long a kept login may take to answer before it is left alone, in milliseconds. */
const answerMsMax = 3000;
/** How long an answer counts, in milliseconds. */
const trustedMs = 10_000;

/** Answers under way and the recent ones, by the arguments that lead to them. */
const answers = new Map<string, {readonly dead: Promise<boolean>; readonly sinceMs: number}>();

/**
 * Sees to it that a connection does not wait for a login that an earlier one left open to a host that has gone since:
 * ssh itself would notice only after many seconds. Resolves with `left` when there was such a login: what was begun through
 * it hangs, and has to be begun anew. The connections that still use it keep it.
 */
export async function leaveDeadLogin(ssh: string, args: readonly string[], host: string): Promise<'left' | undefined> {
  const key = JSON.stringify([ssh, ...args, host]);
  const known = answers.get(key);
  const recent = known !== undefined && performance.now() - known.sinceMs < trustedMs;
  const dead = recent ? known.dead : askLogin(ssh, args, host);
  if (!recent) answers.set(key, {dead, sinceMs: performance.now()});
  return (await dead) ? 'left' : undefined;
}

async function askLogin(ssh: string, args: readonly string[], host: string): Promise<boolean> {
  // No pipes: the kept login would hold them open for as long as it waits for the host.
  const options = {reject: false, stdio: 'ignore', timeout: answerMsMax, detached: true} satisfies Options;
  // Through a kept login, or not at all: without one, ssh would go by a command that fails.
  const through = ['-o', 'ControlMaster=no', '-o', 'ProxyCommand=false'];
  // Whatever it answers, it answers. The first of two settings of one name counts.
  const answer = await execa(ssh, [...through, ...args, '--', host, 'true'], options);
  if (answer.timedOut) await execa(ssh, [...args, '-O', 'stop', '--', host], options);
  return answer.timedOut;
}
