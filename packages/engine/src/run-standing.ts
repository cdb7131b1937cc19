import {kernelLocks, lockKey, type RunLocks} from './run-lock.ts';
import type {Store} from './store.ts';

/**
 * Whether somebody is at the controls of a run now. `ended`: nobody is, whatever its state says. `unknown`: this store
 * has never seen it, so it is another controller's.
 */
export type RunStanding = 'alive' | 'ended' | 'unknown';

/** How a run of this store stands, by the kernel's lock rather than by what is written. */
export async function runStanding(
  store: Store,
  run: string,
  {locks = kernelLocks}: {readonly locks?: RunLocks} = {},
): Promise<RunStanding> {
  const [row] = await store.read('SELECT id FROM run WHERE id = ?', [run]);
  if (!row) return 'unknown';
  return (await locks.poke(lockKey(store.id, run))) ? 'alive' : 'ended';
}
