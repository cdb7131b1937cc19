import {chmod, mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {execaNode} from 'execa';

test('who may not look into the folder of labs is told so, and not that there is none', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'labs-of-root-'));
  t.teardown(() => rm(folder, {recursive: true, force: true}));
  await chmod(folder, process.getuid?.() === 0 ? 0o700 : 0);
  const {stdout} = await execaNode(join(import.meta.dirname, 'fixtures/look-as-nobody.ts'), {
    env: {DR_LAB_DIR: folder},
  });
  t.deepEqual(JSON.parse(stdout), ['LAB_REFUSED', 'LAB_REFUSED']);
});
