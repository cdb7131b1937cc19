/**
 * Carries frames between two tap devices, both ways, each of them so many milliseconds later: `DELAY_MS DEVICE DEVICE`.
 * Waits for a line on its input before it opens them, ends when none comes, and says `up` when it is at work.
 */
import {once} from 'node:events';
import {openSync, read, writeSync} from 'node:fs';
import {createInterface} from 'node:readline';
import {DelayedFrames} from './delayed-frames.ts';

/** A frame of the largest size that the kernel hands over in one piece, and what it writes before it. */
const frameBytesMax = 128 * 1024;
const bytesMax = 64 * 1024 * 1024;

const [delayMs = '0', ...devices] = process.argv.slice(2);
const input = createInterface({input: process.stdin});
const told = await Promise.race([once(input, 'line').then(() => true), once(input, 'close').then(() => false)]);
if (told) {
  const [one = -1, other = -1] = devices.map(device => openSync(device, 'r+'));
  carry(one, other);
  carry(other, one);
  process.stdout.on('error', () => {}); // who listened may be gone
  process.stdout.write('up\n');
} else {
  process.exit(0);
}

function carry(from: number, to: number): void {
  const frames = new DelayedFrames({
    delayMs: Number(delayMs),
    bytesMax,
    deliver(frame) {
      try {
        writeSync(to, frame);
      } catch {
        // The device is down: a cable without an end loses what is sent into it.
      }
    },
  });
  const buffer = Buffer.allocUnsafeSlow(frameBytesMax);
  const next = (): void =>
    read(from, buffer, 0, buffer.length, null, (error, length) => {
      if (error) process.exit(1);
      frames.add(Buffer.from(buffer.subarray(0, length)));
      next();
    });
  next();
}
