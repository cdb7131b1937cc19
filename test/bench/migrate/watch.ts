/** Asks guests again and again until its input ends; then prints the longest time without an answer of each, in ms. */
import {once} from 'node:events';
import {setTimeout as sleep} from 'node:timers/promises';
import {askGuest} from '@dr-toolkit/lab';

const stop = new AbortController();
const watching = Promise.all(process.argv.slice(2).map(address => longestSilence(address, stop.signal)));
await once(process.stdin.resume(), 'end');
stop.abort();
console.log(JSON.stringify(await watching));

async function longestSilence(address: string, signal: AbortSignal): Promise<number> {
  let longest = 0;
  let last = performance.now();
  while (!signal.aborted) {
    try {
      await askGuest(address, {timeoutMs: 250});
    } catch {
      continue; // silent: asked again at once
    }
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
    await sleep(50);
  }
  return Math.round(longest);
}
