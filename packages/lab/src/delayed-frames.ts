export interface DelayedFramesOptions {
  readonly delayMs: number;
  /** What may be on its way at once; what comes beyond it is lost, as in a full queue. */
  readonly bytesMax: number;
  readonly deliver: (frame: Uint8Array) => void;
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs?: () => number;
  readonly later?: (act: () => void, ms: number) => unknown;
}

/** Frames on a long cable: each comes out as it went in, in order, so many milliseconds later. */
export class DelayedFrames {
  readonly #options: Required<DelayedFramesOptions>;
  #underway: {readonly frame: Uint8Array; readonly dueMs: number}[] = [];
  #bytes = 0;
  #waiting = false;

  constructor(options: DelayedFramesOptions) {
    this.#options = {nowMs: () => performance.now(), later: (act, ms) => setTimeout(act, ms), ...options};
  }

  /** The frame is kept as it is: the caller does not write to it again. */
  add(frame: Uint8Array): void {
    const {delayMs, bytesMax, nowMs} = this.#options;
    if (this.#bytes + frame.length > bytesMax) return;
    this.#bytes += frame.length;
    this.#underway.push({frame, dueMs: nowMs() + delayMs});
    if (!this.#waiting) this.#wait(delayMs);
  }

  #wait(ms: number): void {
    this.#waiting = true;
    this.#options.later(() => this.#deliverDue(), ms);
  }

  #deliverDue(): void {
    const {nowMs, deliver} = this.#options;
    const now = nowMs();
    const still = this.#underway.findIndex(({dueMs}) => dueMs > now);
    const due = this.#underway.splice(0, still === -1 ? this.#underway.length : still);
    for (const {frame} of due) {
      this.#bytes -= frame.length;
      deliver(frame);
    }
    this.#waiting = false;
    const [next] = this.#underway;
    if (next) this.#wait(Math.max(0, next.dueMs - nowMs()));
  }
}
