import {execFile} from 'node:child_process';
import {mkdtemp, lstat, mkdir, readdir, readFile, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';

import test, {type ExecutionContext} from 'ava';

import {writeWhole} from '../src/write-whole.ts';

async function folder(t: ExecutionContext): Promise<string> {
  const cwd = await mkdtemp(join(tmpdir(), 'dr-write-'));
  t.teardown(() => rm(cwd, {recursive: true, force: true}));
  return cwd;
}

test('a file is replaced only when told to', async t => {
  const cwd = await folder(t);
  await writeFile(join(cwd, 'plan.json'), 'old');
  t.is(await writeWhole('plan.json', 'new', {cwd, existing: 'refuse', mode: 0o600}), 'in the way');
  t.is(await readFile(join(cwd, 'plan.json'), 'utf8'), 'old');
  t.is(await writeWhole('plan.json', 'new', {cwd, existing: 'overwrite', mode: 0o600}), 'written');
  t.is(await readFile(join(cwd, 'plan.json'), 'utf8'), 'new');
  t.deepEqual(await readdir(cwd), ['plan.json']);
});

test('what is no file is never replaced by one, as /dev/null would be', async t => {
  const cwd = await folder(t);
  await promisify(execFile)('mkfifo', [join(cwd, 'pipe')]);
  await mkdir(join(cwd, 'folder'));
  for (const path of ['pipe', 'folder']) {
    const error = await t.throwsAsync(writeWhole(path, 'new', {cwd, existing: 'overwrite', mode: 0o600}), {
      code: 'USAGE',
    });
    t.is(error?.message, `${path} is not a file, and is not replaced by one`);
  }
  t.true((await lstat(join(cwd, 'pipe'))).isFIFO());
  t.deepEqual((await readdir(cwd)).toSorted(), ['folder', 'pipe']);
});

test('through a link the file behind it is replaced, and the link stays', async t => {
  const cwd = await folder(t);
  await mkdir(join(cwd, 'git'));
  await writeFile(join(cwd, 'git/dr.yaml'), 'old');
  await symlink('git/dr.yaml', join(cwd, 'dr.yaml'));
  t.is(await writeWhole('dr.yaml', 'new', {cwd, existing: 'overwrite', mode: 0o666}), 'written');
  t.is(await readFile(join(cwd, 'git/dr.yaml'), 'utf8'), 'new');
  t.true((await lstat(join(cwd, 'dr.yaml'))).isSymbolicLink());
});
