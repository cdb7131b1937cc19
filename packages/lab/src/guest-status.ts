import {Agent, get} from 'node:http';
import {setTimeout as sleep} from 'node:timers/promises';
import {LabError} from './lab-error.ts';

/** What a guest tells on http://ADDRESS/status; at most a tenth of a second old. */
export interface GuestStatus {
  readonly host: string;
  /** Seconds since it booted. */
  readonly uptime: number;
  /** Another after every boot, the same after a live migration. */
  readonly boot_id: string;
  /** Grows by one about every 100 ms; it is on the guest's disk before it is told here. */
  readonly counter: number;
}

/** One question and its answer. Rejects when the guest does not answer within `timeoutMs`. */
export async function askGuest(
  address: string,
  {timeoutMs = 10_000, signal}: {timeoutMs?: number; signal?: AbortSignal | undefined} = {},
): Promise<GuestStatus> {
  const limit = AbortSignal.timeout(timeoutMs);
  const both = signal ? AbortSignal.any([signal, limit]) : limit;
  // An agent of its own: a proxy that the environment names does not lead into the lab.
  const request = get({host: address, path: '/status', agent: new Agent(), signal: both});
  const {promise, resolve, reject} = Promise.withResolvers<GuestStatus>();
  request.on('error', reject);
  request.on('response', response => {
    let text = '';
    response.setEncoding('utf8');
    response.on('error', reject);
    response.on('data', (chunk: string) => (text += chunk));
    response.on('end', () => {
      try {
        if (response.statusCode !== 200) throw new Error(`${address} answers with status ${response.statusCode}`);
        resolve(JSON.parse(text) as GuestStatus);
      } catch (error) {
        reject(error);
      }
    });
  });
  return promise;
}

/**
 * Resolves with the guest's first answer.
 * @throws {LabError} `GUEST_FAILED` when there is none within `withinMs`.
 */
export async function waitForGuest(
  {name, address}: {readonly name: string; readonly address: string},
  {withinMs, signal}: {withinMs: number; signal?: AbortSignal | undefined},
): Promise<GuestStatus> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await askGuest(address, {timeoutMs: 1000, signal});
    } catch (error) {
      signal?.throwIfAborted();
      if (performance.now() > deadline) {
        throw new LabError('GUEST_FAILED', `${name} does not answer on http://${address}/status`, {
          hint: `See what it says on its console: /var/log/libvirt/qemu/${name}-console.log on its host.`,
          cause: error,
        });
      }
      await sleep(100, undefined, {signal});
    }
  }
}

/** The failure of a guest whose host is about to be taken down: with what its console said last, which goes with the host. */
export function withConsole(error: unknown, consoleText: string): unknown {
  if (!(error instanceof LabError) || error.code !== 'GUEST_FAILED') return error;
  const said = consoleText.split(/[\r\n]+/u).filter(line => line.trim() !== '');
  const lastWords = said.length > 0 ? `its console ends: ${said.slice(-3).join(' / ')}` : 'its console is silent';
  return new LabError('GUEST_FAILED', `${error.message}; ${lastWords}`, {
    hint: 'See whether this machine has the memory and processors for it (free, uptime), or bring up fewer: --vms.',
    cause: error,
  });
}
