import {homedir} from 'node:os';
import {join} from 'node:path';

/** Where this user's runs are kept: `DR_STATE_DIR`, or dr in `XDG_STATE_HOME`, or in ~/.local/state. */
function stateFolder(env: Readonly<Record<string, string | undefined>>): string {
  if (env.DR_STATE_DIR) return env.DR_STATE_DIR;
  return join(env.XDG_STATE_HOME || join(env.HOME || homedir(), '.local/state'), 'dr');
}

/** The store of all runs. */
export function storeFile(env: Readonly<Record<string, string | undefined>>): string {
  return join(stateFolder(env), 'runs.sqlite');
}

/** Each run has a folder of its own in it: plan.json, events.ndjson, steps/. */
export function runsFolder(env: Readonly<Record<string, string | undefined>>): string {
  return join(stateFolder(env), 'runs');
}
