import {setTimeout} from 'node:timers/promises';
import type {VolumePiece} from '@dr-toolkit/hosts';

export interface PaceOptions {
  readonly signal: AbortSignal;
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs?: () => number;
  readonly sleep?: (ms: number, options: {readonly signal: AbortSignal}) => Promise<unknown>;
}

/** Lets pieces through no faster than so many bytes per second; holes cost nothing. Undefined: as they come. */
export async function* paced(
  pieces: AsyncIterable<VolumePiece>,
  bytesPerSecond: number | undefined,
  {signal, nowMs = () => performance.now(), sleep = (ms, options) => setTimeout(ms, undefined, options)}: PaceOptions,
): AsyncGenerator<VolumePiece> {
  const startMs = nowMs();
  let bytes = 0;
  for await (const piece of pieces) {
    yield piece;
    if (bytesPerSecond === undefined || !('data' in piece)) continue;
    bytes += piece.data.length;
    const earlyMs = startMs + (bytes / bytesPerSecond) * 1000 - nowMs();
    if (earlyMs > 0) await sleep(earlyMs, {signal});
  }
}
