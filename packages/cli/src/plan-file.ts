import {readFile} from 'node:fs/promises';
import {resolve} from 'node:path';

import {type Plan, parsePlan} from '@dr-toolkit/engine';
import {migrationKinds} from '@dr-toolkit/migrate';

import {CliError} from './cli-error.ts';
import {writeWhole} from './write-whole.ts';

/**
 * Writes a plan into a file: whole or not at all, and not over another file unless told to.
 * @throws {CliError} `IN_THE_WAY`, `USAGE` when it cannot be written there.
 */
export async function writePlan(
  plan: Plan,
  path: string,
  {cwd, existing = 'refuse'}: {readonly cwd: string; readonly existing?: 'refuse' | 'overwrite'},
): Promise<void> {
  const text = `${JSON.stringify(plan, undefined, 2)}\n`;
  if ((await writeWhole(path, text, {cwd, existing, mode: 0o600})) === 'written') return;
  throw new CliError('IN_THE_WAY', `${path} exists, so it was left as it is`, {
    hint: 'Give another name, or overwrite it: --force',
  });
}

/**
 * Reads a plan that was written so, and checks that it is as it was made.
 * @throws {CliError} `USAGE` when there is no such file; what `parsePlan` throws.
 */
export async function readPlan(path: string, {cwd}: {readonly cwd: string}): Promise<Plan> {
  let text: string;
  try {
    text = await readFile(resolve(cwd, path), 'utf8');
  } catch (error) {
    throw new CliError('USAGE', `${path} cannot be read: ${(error as Error).message}`, {
      hint: 'Write a plan with: dr plan migrate --from HOST --to HOST --out plan.json',
      cause: error,
    });
  }
  return parsePlan(text, {kinds: migrationKinds});
}
