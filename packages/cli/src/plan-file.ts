import {link, open, readFile, rename, rm} from 'node:fs/promises';
import {dirname, resolve} from 'node:path';

import {type Plan, parsePlan} from '@dr-toolkit/engine';
import {migrationKinds} from '@dr-toolkit/migrate';

import {CliError} from './cli-error.ts';

/**
 * Writes a plan into a file: whole or not at all, and not over another file unless told to.
 * @throws {CliError} `IN_THE_WAY`
 */
export async function writePlan(
  plan: Plan,
  path: string,
  {cwd, existing = 'refuse'}: {readonly cwd: string; readonly existing?: 'refuse' | 'overwrite'},
): Promise<void> {
  const file = resolve(cwd, path);
  const begun = `${file}.${process.pid}.tmp`;
  try {
    const handle = await open(begun, 'wx', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(plan, undefined, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (existing === 'overwrite') await rename(begun, file);
    else await link(begun, file); // fails where something is, also what came a moment ago
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      throw new CliError('IN_THE_WAY', `${path} exists, so it was left as it is`, {
        hint: 'Give another name, or overwrite it: --force',
        cause: error,
      });
    }
    throw new CliError('USAGE', `${path} cannot be written: ${(error as Error).message}`, {
      hint: `See that ${dirname(file)} is a folder that you may write to`,
      cause: error,
    });
  } finally {
    await rm(begun, {force: true});
  }
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
