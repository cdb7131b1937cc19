import {existsSync} from 'node:fs';

import {openStore, type RunStanding, runStanding} from '@dr-toolkit/engine';

import {storeFile} from './run-places.ts';

/** How a run stands that has claimed a domain, as far as this user's own store knows it. */
export async function standingHere(
  run: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<RunStanding> {
  const file = storeFile(env);
  if (!existsSync(file)) return 'unknown';
  const store = openStore(file, {readOnly: true});
  try {
    return await runStanding(store, run);
  } finally {
    await store.close();
  }
}
