import {existsSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {dirname, join, relative, resolve} from 'node:path';

import type {Estate} from './estate.ts';
import {EstateError} from './estate-error.ts';
import {parseEstate} from './parse-estate.ts';

export interface LoadEstateOptions {
  /** As given on the command line; goes before everything else. */
  readonly file?: string | undefined;
  readonly cwd: string;
  /** `DR_ESTATE` is read from it. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface LoadedEstate {
  readonly estate: Estate;
  /** Absolute path. */
  readonly file: string;
}

/**
 * Reads dr.yaml: the file named, or `DR_ESTATE`, or the first one upward from `cwd`.
 * @throws {EstateError} `ESTATE_NOT_FOUND`, `ESTATE_UNREADABLE`, `ESTATE_INVALID`.
 */
export async function loadEstate(options: LoadEstateOptions): Promise<LoadedEstate> {
  const file = estateFile(options);
  const shown = shownPath(file, options.cwd);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? error.code : String(error);
    if (why === 'ENOENT')
      throw new EstateError('ESTATE_NOT_FOUND', `There is no ${shown}`, {
        hint: 'Name another one (--estate FILE), or have it written: dr init URI...',
        file,
        cause: error,
      });
    throw new EstateError('ESTATE_UNREADABLE', `${shown} cannot be read: ${String(why)}`, {
      hint: `Check it: ls -l ${shown}`,
      file,
      cause: error,
    });
  }
  return {estate: parseEstate(text, {file: shown}), file};
}

/** Which file would be read. @throws {EstateError} `ESTATE_NOT_FOUND` when none is named and none is there. */
export function estateFile({file, cwd, env}: LoadEstateOptions): string {
  const named = file ?? (env.DR_ESTATE === '' ? undefined : env.DR_ESTATE);
  if (named !== undefined) return resolve(cwd, named);
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const candidate = join(folder, 'dr.yaml');
    if (existsSync(candidate)) return candidate;
    if (dirname(folder) === folder) break;
  }
  throw new EstateError('ESTATE_NOT_FOUND', `There is no dr.yaml in ${cwd} or above it`, {
    hint: 'Have it written (dr init URI...), or name one: --estate FILE',
    file: join(cwd, 'dr.yaml'),
  });
}

function shownPath(file: string, cwd: string): string {
  const short = relative(cwd, file);
  return short === '' || short.startsWith('..') ? file : short;
}
