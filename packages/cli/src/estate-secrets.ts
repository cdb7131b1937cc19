import {readFile} from 'node:fs/promises';
import {homedir} from 'node:os';
import {resolve} from 'node:path';

import type {Estate} from '@dr-toolkit/estate';

/**
 * The values that dr.yaml refers to as secrets, as far as they lie open to this process: from its environment and from
 * files. They are only known so that they can be kept out of what is written. Commands are not run for this.
 */
export async function estateSecrets(
  {hosts}: Pick<Estate, 'hosts'>,
  {env, cwd}: {readonly env: Readonly<Record<string, string | undefined>>; readonly cwd: string},
): Promise<string[]> {
  const references = hosts.flatMap(({fence}) => Object.values(fence?.secrets ?? {}));
  const values = await Promise.all(
    references.map(async reference => {
      if ('env' in reference) return env[reference.env];
      if (!('file' in reference)) return undefined;
      const file = resolve(cwd, reference.file.replace(/^~(?=\/)/u, homedir()));
      return readFile(file, 'utf8').catch(() => undefined);
    }),
  );
  return values.flatMap(value => (value === undefined || value.trim() === '' ? [] : [value.trim()]));
}
