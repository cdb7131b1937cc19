import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import test from 'ava';

import {EstateError, loadEstate} from '../src/index.ts';

const minimal = (name: string) => `estate: ${name}\nhosts: {a: {uri: "test:///default"}}\n`;

async function folder(t: {teardown(after: () => Promise<void>): void}): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'dr-estate-'));
  t.teardown(() => rm(path, {recursive: true}));
  return path;
}

test('dr.yaml is found upward from where one stands', async t => {
  const top = await folder(t);
  const cwd = join(top, 'a/b');
  await mkdir(cwd, {recursive: true});
  await writeFile(join(top, 'dr.yaml'), minimal('found'));
  const {estate, file} = await loadEstate({cwd, env: {}});
  t.is(estate.name, 'found');
  t.is(file, join(top, 'dr.yaml'));
});

test('DR_ESTATE goes before it, and a named file before both', async t => {
  const cwd = await folder(t);
  for (const name of ['dr', 'env', 'named']) await writeFile(join(cwd, `${name}.yaml`), minimal(name));
  const env = {DR_ESTATE: 'env.yaml'};
  t.is((await loadEstate({cwd, env})).estate.name, 'env');
  t.is((await loadEstate({cwd, env, file: 'named.yaml'})).estate.name, 'named');
});

test('a file that is not there is told with what to do', async t => {
  const cwd = await folder(t);
  const error = await t.throwsAsync(loadEstate({cwd, env: {}, file: 'x.yaml'}), {
    instanceOf: EstateError,
    code: 'ESTATE_NOT_FOUND',
  });
  t.regex(error.hint, /dr init/u);
});

test('a folder is no dr.yaml', async t => {
  const cwd = await folder(t);
  await t.throwsAsync(loadEstate({cwd, env: {}, file: '.'}), {instanceOf: EstateError, code: 'ESTATE_UNREADABLE'});
});

test('a mistake names the file as one would type it', async t => {
  const cwd = await folder(t);
  await writeFile(join(cwd, 'x.yaml'), 'estate: x\n');
  await t.throwsAsync(loadEstate({cwd, env: {}, file: 'x.yaml'}), {
    message: /^x\.yaml has 1 mistake\n\nx\.yaml:1:1 hosts: "hosts" is missing/u,
  });
});
