import {openRunFolder} from './run-folder.ts';
import {kernelLocks, lockKey, type RunLocks} from './run-lock.ts';
import {readLines, readPlan, readRun} from './run-rows.ts';
import {readerOf, type Store} from './store.ts';

/**
 * Brings the folder of a run up to its store: a controller that died right after it had recorded the end never wrote
 * it there, and an ended run has no other. Leaves a run alone that somebody runs. Returns the damage it has mended.
 * @throws {RunError} `NO_SUCH_RUN`
 */
export async function mendRunFolder(
  store: Store,
  id: string,
  {locks = kernelLocks}: {readonly locks?: RunLocks} = {},
): Promise<'torn' | 'tampered' | undefined> {
  const lock = await locks.take(lockKey(store.id, id), () => undefined);
  if (!lock) return undefined;
  try {
    const reader = readerOf(store);
    const {folder} = await readRun(reader, id);
    if (folder === undefined) return undefined;
    return openRunFolder(folder, await readPlan(reader, id), await readLines(reader, id)).damage;
  } finally {
    await lock.release();
  }
}
