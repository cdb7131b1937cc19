import {execa, type Options} from 'execa';

/** How long a kept login may take to answer before it is left alone, in milliseconds. */
const answerMsMax = 3000;
/** How long an answer counts, in milliseconds. */
const trustedMs = 10_000;

/** Answers under way and the recent ones, by the arguments that lead to them. */
const answers = new Map<string, {readonly done: Promise<void>; readonly sinceMs: number}>();

/**
 * Sees to it that a connection does not wait for a login that an earlier one left open to a host that has gone since:
 * ssh itself would notice only after many seconds. The connections that still use that login keep it.
 */
export async function leaveDeadLogin(ssh: string, args: readonly string[], host: string): Promise<void> {
  const key = JSON.stringify([ssh, ...args, host]);
  const known = answers.get(key);
  if (known !== undefined && performance.now() - known.sinceMs < trustedMs) {
    return known.done;
  }
  const done = askLogin(ssh, args, host);
  answers.set(key, {done, sinceMs: performance.now()});
  return done;
}

async function askLogin(ssh: string, args: readonly string[], host: string): Promise<void> {
  // No pipes: the kept login would hold them open for as long as it waits for the host.
  const options = {reject: false, stdio: 'ignore', timeout: answerMsMax, detached: true} satisfies Options;
  const check = await execa(ssh, [...args, '-O', 'check', '--', host], options);
  if (check.exitCode !== 0) {
    return;
  }
  // Whatever it answers, it answers.
  const answer = await execa(ssh, [...args, '--', host, 'true'], options);
  if (answer.timedOut) {
    await execa(ssh, [...args, '-O', 'stop', '--', host], options);
  }
}
