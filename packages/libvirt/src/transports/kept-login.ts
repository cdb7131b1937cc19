import {execa, type Options} from 'execa';

/** How long a kept login may take to answer before it is left alone, in milliseconds. */
const answerMsMax = 3000;
/** How long an answer counts, in milliseconds. */
const trustedMs = 10_000;

interface Answer {
  readonly dead: Promise<boolean>;
  readonly sinceMs: number;
  /** Who begins after that goes by no dead login. */
  known: boolean;
}

/** Answers under way and the recent ones, by the arguments that lead to them. */
const answers = new Map<string, Answer>();

/**
 * Sees to it that a connection does not wait for a login that an earlier one left open to a host that has gone since:
 * ssh itself would notice only after many seconds. Resolves with `left` when there was such a login: what was begun through
 * it hangs, and has to be begun anew. The connections that still use it keep it.
 */
export async function leaveDeadLogin(ssh: string, args: readonly string[], host: string): Promise<'left' | undefined> {
  const key = JSON.stringify([ssh, ...args, host]);
  const recent = answers.get(key);
  const answer =
    recent !== undefined && performance.now() - recent.sinceMs < trustedMs
      ? recent
      : {dead: askLogin(ssh, args, host), sinceMs: performance.now(), known: false};
  if (answer.known) return undefined;
  answers.set(key, answer);
  const dead = await answer.dead;
  answer.known = true;
  return dead ? 'left' : undefined;
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
