/**
 * Runs the benchmark as `bin/dr.js` runs the engine: with its flags, and with modules that were compiled before, so that
 * what is measured is the engine and not the loading of its sources.
 */
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import {execa} from 'execa';

const bin = readFileSync(join(import.meta.dirname, '../../../packages/cli/bin/dr.js'), 'utf8');
const [, flags = ''] = /^#!\/usr\/bin\/env -S node (.*)$/mu.exec(bin) ?? [];
const cache = mkdtempSync(join(tmpdir(), 'dr-bench-modules-'));
const options = {env: {NODE_COMPILE_CACHE: cache}, cwd: import.meta.dirname, stdio: 'inherit', reject: false} as const;
try {
  await execa(process.execPath, ['-e', `import('@dr-toolkit/engine')`], options);
  const {exitCode} = await execa(
    process.execPath,
    [...flags.split(' '), join(import.meta.dirname, 'ten-thousand-steps.ts')],
    options,
  );
  process.exitCode = exitCode ?? 1;
} finally {
  rmSync(cache, {recursive: true, force: true});
}
