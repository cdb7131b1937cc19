/**
 * Builds the package in the current folder into `dist/`, the folder that is published: compiled sources, declarations,
 * and a package.json whose entries point at them. The tree keeps its shape (`src/`, `bin/`, data folders), so that a
 * path relative to a source file means the same before and after.
 */
import {cp, mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import {existsSync} from 'node:fs';
import path from 'node:path';
import {execa} from 'execa';

const root = path.resolve(import.meta.dirname, '..');
const dist = path.resolve('dist');

interface Manifest {
  exports: Record<string, string>;
  bin?: Record<string, string>;
  files?: string[];
  scripts?: unknown;
  publishConfig?: {access: string; directory?: string};
  devDependencies?: unknown;
}

const manifest = JSON.parse(await readFile('package.json', 'utf8')) as Manifest;

await rm(dist, {recursive: true, force: true});
await execa('tsc', ['-b'], {stdio: 'inherit', preferLocal: true, localDir: root});
await mkdir(dist, {recursive: true});
for (const file of ['README.md', path.join(root, 'LICENSE'), ...(manifest.files ?? [])]) {
  if (existsSync(file)) await cp(file, path.join(dist, path.basename(file)), {recursive: true});
}
for (const file of Object.values(manifest.bin ?? {})) {
  const source = await readFile(file, 'utf8');
  await mkdir(path.dirname(path.join(dist, file)), {recursive: true});
  await writeFile(path.join(dist, file), source.replaceAll(/(\.\.\/src\/[\w/-]+)\.ts/gu, '$1.js'), {mode: 0o755});
}
await writeFile(path.join(dist, 'package.json'), `${JSON.stringify(published(manifest), null, 2)}\n`);

function published({scripts, devDependencies, publishConfig, files, ...kept}: Manifest): object {
  const entries = Object.entries(kept.exports).map(([name, file]) => [name, publishedEntry(file)]);
  return {
    ...kept,
    exports: Object.fromEntries(entries),
    files: ['src', ...(kept.bin ? ['bin'] : []), ...(files ?? [])],
    publishConfig: {access: publishConfig?.access},
  };
}

/** An application (the CLI) has no declarations; a library's come first. */
function publishedEntry(file: string): object | string {
  if (!file.endsWith('.ts')) return file;
  const types = file.replace(/\.ts$/u, '.d.ts');
  return {...(existsSync(path.join(dist, types)) && {types}), default: file.replace(/\.ts$/u, '.js')};
}
