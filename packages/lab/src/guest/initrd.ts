import {glob, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {run, type RunOptions} from '../run.ts';
import {initScript, modulesForBoot, modulesForLater} from './guest-files.ts';
import {moduleName, neededModules, withoutSignature} from './kernel-image.ts';
import {newcArchive, type ArchiveEntry} from './newc.ts';

/** A guest's first file system: busybox, the modules of the unpacked packages that it needs, and the script that loads them. */
export async function initrd(unpacked: string, busybox: Buffer, options: RunOptions): Promise<Buffer> {
  const applets = ['sh', 'mount', 'insmod', 'usleep', 'mkdir', 'cp', 'switch_root'];
  const boot = await moduleFiles(unpacked, modulesForBoot, [], options);
  const later = await moduleFiles(
    unpacked,
    modulesForLater,
    boot.map(module => module.name),
    options,
  );
  const folders = ['bin', 'dev', 'proc', 'sys', 'root', 'modules', 'later'];
  const entries: ArchiveEntry[] = [
    ...folders.map(folder => ({path: folder, kind: 'folder'}) as const),
    {path: 'bin/busybox', kind: 'file', content: busybox, mode: 0o755},
    ...applets.map(applet => ({path: `bin/${applet}`, kind: 'link', to: 'busybox'}) as const),
    {path: 'init', kind: 'file', content: Buffer.from(initScript), mode: 0o755},
    ...moduleEntries('modules', boot),
    ...moduleEntries('later', later),
  ];
  return newcArchive(entries);
}

interface ModuleFile {
  readonly name: string;
  readonly content: Buffer;
}

/** The modules wanted and all they need, in the order in which they can be loaded. */
async function moduleFiles(
  unpacked: string,
  wanted: readonly string[],
  loaded: readonly string[],
  options: RunOptions,
): Promise<readonly ModuleFile[]> {
  const paths = new Map<string, string>();
  for await (const path of glob(join(unpacked, '{lib,usr/lib}/modules/*/kernel/**/*.ko{,.xz}'))) {
    paths.set(moduleName(path.replace(/^.*\//u, '').replace(/\.ko(?:\.xz)?$/u, '')), path);
  }
  const found = new Map<string, ModuleFile>();
  const visit = async (name: string): Promise<void> => {
    const path = paths.get(name);
    // What is no file is built into the kernel.
    if (path === undefined || found.has(name) || loaded.includes(name)) return;
    if (path.endsWith('.xz')) await run('xz', ['-d', path], options);
    const content = withoutSignature(await readFile(path.replace(/\.xz$/u, '')));
    for (const needed of neededModules(content)) await visit(needed);
    found.set(name, {name, content});
  };
  for (const name of wanted) await visit(name);
  return [...found.values()];
}

function moduleEntries(folder: string, modules: readonly ModuleFile[]): readonly ArchiveEntry[] {
  const order = modules.map(({name}) => `${name}.ko\n`).join('');
  return [
    ...modules.map(({name, content}) => ({path: `${folder}/${name}.ko`, kind: 'file', content, mode: 0o644}) as const),
    {path: `${folder}/order`, kind: 'file', content: Buffer.from(order), mode: 0o644},
  ];
}
