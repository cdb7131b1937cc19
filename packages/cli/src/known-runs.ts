import {type RunStanding, runStanding} from '@dr-toolkit/engine';

import {withStoreToRead} from './user-store.ts';

/** How a run stands that has claimed a domain, as far as this user's own store knows it. */
export function standingHere(run: string, env: Readonly<Record<string, string | undefined>>): Promise<RunStanding> {
  return withStoreToRead({env}, async store => (store ? runStanding(store, run) : 'unknown'));
}
