import {lockKey, type RunLocks} from './run-lock.ts';

interface Other {
  alive: boolean;
  unwatch: (() => void) | undefined;
}

/**
 * Whether the other runs of a store that matter to this one have somebody at their controls. A lock that can be watched
 * tells of a death in the moment it happens; `look` asks all of them again, as some locks cannot be watched, and a dead
 * run may be resumed.
 */
export class OtherRuns {
  readonly #store: string;
  readonly #locks: RunLocks;
  readonly #onDeath: () => void;
  readonly #others = new Map<string, Other>();

  constructor(store: string, locks: RunLocks, onDeath: () => void) {
    this.#store = store;
    this.#locks = locks;
    this.#onDeath = onDeath;
  }

  /** Taken for alive until it is known to be dead. */
  isAlive(run: string): boolean {
    return this.#others.get(run)?.alive ?? true;
  }

  /** Watches these runs from now on, and no others. */
  watch(runs: readonly string[]): void {
    const wanted = new Set(runs);
    for (const [run, {unwatch}] of this.#others) {
      if (wanted.has(run)) continue;
      unwatch?.();
      this.#others.delete(run);
    }
    for (const run of wanted) {
      if (this.#others.has(run)) continue;
      this.#others.set(run, {alive: true, unwatch: undefined});
      this.#watch(run);
    }
  }

  /** Asks each of them; answers whether one has died or come back. */
  async look(): Promise<boolean> {
    const changed = await Promise.all([...this.#others.keys()].map(run => this.#ask(run)));
    for (const [run, {alive, unwatch}] of this.#others) if (alive && !unwatch) this.#watch(run);
    return changed.includes(true);
  }

  close(): void {
    this.watch([]);
  }

  async #ask(run: string): Promise<boolean> {
    const alive = await this.#locks.poke(lockKey(this.#store, run));
    const other = this.#others.get(run);
    if (!other || other.alive === alive) return false;
    other.alive = alive;
    return true;
  }

  #watch(run: string): void {
    const other = this.#others.get(run);
    if (!other || !this.#locks.watch) return;
    other.unwatch = this.#locks.watch(lockKey(this.#store, run), () => {
      other.unwatch = undefined;
      // The connection may have ended for another reason: only the lock itself says whether it is free.
      void this.#ask(run).then(changed => changed && this.#onDeath());
    });
  }
}
