import {mkdtemp, readdir, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {execa} from 'execa';

const root = path.resolve(import.meta.dirname, '../..');

const consumer = `
import {connect, type Domain} from '@dr-toolkit/libvirt';
export async function names(uri: string): Promise<string[]> {
  await using connection = await connect(uri);
  const domains: Domain[] = await connection.domains.list();
  return domains.map(({name}) => name);
}
`;

test.serial('what is published installs, runs and has its types, without the sources', async t => {
  const folder = await mkdtemp(path.join(tmpdir(), 'dr-published-'));
  t.teardown(() => rm(folder, {recursive: true, force: true}));
  const here = execa({cwd: folder, preferLocal: true, localDir: folder});
  await execa('npm', ['run', '--silent', 'build'], {cwd: root});
  const packages = await readdir(path.join(root, 'packages'));
  const dists = packages.map(name => path.join(root, 'packages', name, 'dist'));
  await here('npm', ['pack', '--silent', ...dists]);
  const tarballs = (await readdir(folder)).filter(name => name.endsWith('.tgz'));
  t.is(tarballs.length, packages.length);

  await writeFile(path.join(folder, 'package.json'), '{"private": true, "type": "module"}');
  await here('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...tarballs.map(name => `./${name}`)]);

  const {stdout} = await here('dr', ['--help']);
  t.regex(stdout, /migrate/u);
  const nonsense = await here('dr', ['migrate', '--from', 'a', '--to', 'b', '--estate', 'none.yaml'], {reject: false});
  t.is(nonsense.exitCode, 2);
  t.regex(nonsense.stderr, /none\.yaml/u);

  await writeFile(path.join(folder, 'consumer.ts'), consumer);
  const checked = await execa(
    path.join(root, 'node_modules/.bin/tsc'),
    [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2025',
      '--lib',
      'es2025,esnext.disposable',
      '--types',
      'node',
      '--typeRoots',
      path.join(root, 'node_modules/@types'),
      'consumer.ts',
    ],
    {cwd: folder, reject: false},
  );
  t.is(checked.stdout, '');
});
