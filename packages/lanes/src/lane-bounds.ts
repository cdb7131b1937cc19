import {adaptiveBounds, type AdaptiveBounds} from './next-limit.ts';

/** The thresholds by which an adaptive lane judges a sample, and the steps it takes. */
export interface LaneBounds extends AdaptiveBounds {
  /** Pressure at which one sample is enough. */
  readonly severe: number;
  /** Waits below this disturb nobody, whatever they are at rest. */
  readonly waitMsLeast: number;
  /** So many streams at most where they cannot be bounded evenly. */
  readonly placesUnpaced: number;
  readonly bytesPerSecondFrom: number;
  /** No stream is made slower than this; rather there are fewer. */
  readonly bytesPerSecondLeast: number;
  /** What is left of the bound when guests suffer: at first, and once what has piled up has passed. */
  readonly drain: number;
  readonly cut: number;
  /** With what share of a known ceiling, or of what was borne, it begins. */
  readonly begin: number;
  /** By what factor the bound grows with a calm sample. */
  readonly growth: number;
  /** The same on the way to a ceiling that is known. */
  readonly growthKnown: number;
  /** How near it goes to the ceiling, and for how many calm samples, before it tries a little more. */
  readonly nearCeiling: number;
  readonly patience: number;
  /** By what share it then raises the ceiling, at first. */
  readonly probe: number;
  /** The patience when the ceiling is proven. */
  readonly patienceProven: number;
  /** A ceiling that was met again is trusted longer and longer, up to so many samples. */
  readonly patienceMost: number;
  /** Streams that got less than this share of their bound have proven that the storage gave all it had. */
  readonly fullShare: number;
  /** What share of the bound streams have to use before it grows. */
  readonly usedLeast: number;
  /**
   * Over how many samples it is averaged what the storage gave: a little too much goes through at first, and then holds
   * up what follows.
   */
  readonly carriedSamples: number;
  readonly settlingSamples: number;
  /** Less than this share of the best ceiling may be an accident, unless guests suffer again within so many samples. */
  readonly doubtful: number;
  readonly doubtSamples: number;
}

const mebibyte = 1024 ** 2;

/** Slower when guests wait twice as long as undisturbed, quicker when at most half as long again. */
export const laneBounds: LaneBounds = {
  ...adaptiveBounds,
  high: 0.5,
  low: 0.34,
  severe: 0.83,
  waitMsLeast: 5,
  placesUnpaced: 2,
  bytesPerSecondFrom: 32 * mebibyte,
  bytesPerSecondLeast: 4 * mebibyte,
  drain: 0.5,
  cut: 0.7,
  begin: 0.8,
  growth: 1.18,
  growthKnown: 1.06,
  nearCeiling: 0.97,
  patience: 40,
  patienceProven: 150,
  patienceMost: 300,
  fullShare: 0.93,
  usedLeast: 0.8,
  probe: 0.05,
  carriedSamples: 3,
  settlingSamples: 3,
  doubtful: 0.85,
  doubtSamples: 25,
};
