import {existsSync} from 'node:fs';

import {openStore, type Store} from '@dr-toolkit/engine';

import {CliError} from './cli-error.ts';
import {storeFile} from './run-places.ts';
import type {Terminal} from './terminal.ts';

type Where = Pick<Terminal, 'env'>;

/** This user's store, to start runs and to set lanes in; it is made when it is not there. */
export function withStore<T>({env}: Where, act: (store: Store) => Promise<T>): Promise<T> {
  return closing(openStore(storeFile(env)), act);
}

/** The same only to read, also while others write; undefined when nothing has ever run. */
export async function withStoreToRead<T>({env}: Where, act: (store: Store | undefined) => Promise<T>): Promise<T> {
  const file = storeFile(env);
  return existsSync(file) ? closing(openStore(file, {readOnly: true}), act) : act(undefined);
}

/**
 * The same for what concerns a run that is there.
 * @throws {CliError} `USAGE` when nothing has ever run.
 */
export function withRuns<T>({env}: Where, access: 'read' | 'write', act: (store: Store) => Promise<T>): Promise<T> {
  return withStoreToRead({env}, found => {
    if (!found) {
      throw new CliError('USAGE', 'Nothing has run yet', {hint: 'Start with: dr migrate --from HOST --to HOST'});
    }
    return access === 'read' ? act(found) : withStore({env}, act);
  });
}

async function closing<T>(store: Store, act: (store: Store) => Promise<T>): Promise<T> {
  try {
    return await act(store);
  } finally {
    await store.close();
  }
}
