import {link, open, realpath, rename, rm, stat} from 'node:fs/promises';
import {dirname, resolve} from 'node:path';

import {CliError} from './cli-error.ts';

export interface WriteOptions {
  readonly cwd: string;
  /** What to do with a file that is there. */
  readonly existing: 'refuse' | 'overwrite';
  /** Who may read and write it. */
  readonly mode: number;
}

/**
 * Writes a file whole or not at all, onto the disk, and over another one only when told to. Answers whether it was.
 * A link is followed, and stays one.
 * @throws {CliError} `USAGE` when it cannot be written there.
 */
export async function writeWhole(
  path: string,
  text: string,
  {cwd, existing, mode}: WriteOptions,
): Promise<'written' | 'in the way'> {
  const named = resolve(cwd, path);
  const file = existing === 'overwrite' ? await replaceable(named, path) : named;
  const begun = `${file}.${process.pid}.tmp`;
  try {
    const handle = await open(begun, 'wx', mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (existing === 'overwrite') await rename(begun, file);
    else await link(begun, file); // fails where something is, also what came a moment ago
    return 'written';
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return 'in the way';
    throw new CliError('USAGE', `${path} cannot be written: ${message}`, {
      hint: `See that ${dirname(file)} is a folder that you may write to`,
      cause: error,
    });
  } finally {
    await rm(begun, {force: true});
  }
}

/** Where the file lies that is to be replaced. What is no file, such as /dev/null, would be lost to all others. */
async function replaceable(named: string, path: string): Promise<string> {
  const file = await realpath(named).catch(() => named);
  const there = await stat(file).catch(() => undefined);
  if (!there || there.isFile()) return file;
  throw new CliError('USAGE', `${path} is not a file, and is not replaced by one`, {hint: 'Give the name of a file'});
}
