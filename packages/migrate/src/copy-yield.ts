import type {JobReading} from '@dr-toolkit/hosts';

const shareLeast = 0.7;
/** How much one reading counts. */
const weight = 0.15;
/** Readings that are nearer to each other tell too little. */
const readingMs = 300;
/** More than the bound are holes: they say nothing. */
const shareMost = 1.2;
/** A copy that goes at this many times its bound passes nothing but holes, until it goes at no more than that many. */
const holesFrom = 3;
const holesUntil = 1.5;
/** After so many readings in holes they are taken for long ones. */
const longReadings = 3;

/**
 * What share of its bound a copy gets. A throttle counts requests, and where the data of a disk are scattered there are
 * many for less than 1 MiB.
 */
export class CopyYield {
  #share = 1;
  #readingsInHoles = 0;
  #read: {readonly processedBytes: number; readonly elapsedMs: number; readonly bound: number | undefined} | undefined;

  get share(): number {
    return this.#share;
  }

  /** Whether the copy passes holes just now, which burdens no disk. */
  get inHoles(): boolean {
    return this.#readingsInHoles > 0;
  }

  /** Whether it has passed nothing but holes for a while: the longer they last, the longer they are likely to go on. */
  get inLongHoles(): boolean {
    return this.#readingsInHoles >= longReadings;
  }

  /** Takes note of how far a copy is under its present bound. */
  note({processedBytes, elapsedMs}: JobReading, bound: number | undefined): void {
    const before = this.#read;
    const ms = elapsedMs - (before?.elapsedMs ?? 0);
    const same = before !== undefined && before.bound === bound;
    if (same && ms < readingMs) return;
    this.#read = {processedBytes, elapsedMs, bound};
    if (!same || bound === undefined) return;
    const share = ((processedBytes - before.processedBytes) / ms / bound) * 1000;
    this.#readingsInHoles = share > (this.inHoles ? holesUntil : holesFrom) ? this.#readingsInHoles + 1 : 0;
    if (share > shareMost) return;
    this.#share = Math.max(shareLeast, Math.min(1, this.#share + weight * (share - this.#share)));
  }
}
