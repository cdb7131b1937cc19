import {createHash, randomBytes} from 'node:crypto';
import {chmod, copyFile, cp, glob, mkdir, readdir, readFile, rename, rm, symlink, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {execa} from 'execa';
import {LabError} from '../lab-error.ts';
import {cacheFolder} from '../lab-folder.ts';
import {toldAsNoRoom} from '../no-room.ts';
import {identifyProcess, isAlive} from '../process-identity.ts';
import {run, type RunOptions} from '../run.ts';
import {commonFiles, emptyFolders, initScript, modulesForBoot, modulesForLater, type GuestFile} from './guest-files.ts';
import {initrd} from './initrd.ts';
import {packedKernel} from './kernel-image.ts';

/** What every guest boots from; files of the machine's cache, never changed once they are there. */
export interface BootImages {
  readonly kernel: string;
  readonly initrd: string;
  /** The guest's root folder without what tells one guest from another. */
  readonly root: string;
}

export interface BootImageOptions extends RunOptions {
  readonly onStep?: (what: string) => void;
}

const kernelPackage = 'linux-image-cloud-amd64';
const otherPackages = ['busybox-static', 'qemu-guest-agent'];
const formatVersion = 1;

/**
 * The guests' kernel, first file system and root folder: from the cache, or built into it from Debian's packages, which
 * are downloaded and unpacked, never installed. The cache's folder is named after all that goes into the build, and
 * appears in one piece: whoever is killed half-way leaves a draft, which the next build sweeps away.
 * @throws {LabError} `IMAGE_FAILED`, `NO_ROOM`
 */
export async function bootImages(options: BootImageOptions = {}): Promise<BootImages> {
  const cache = cacheFolder();
  const finished = join(cache, `guest-${recipeDigest()}`);
  const images = {kernel: join(finished, 'vmlinux'), initrd: join(finished, 'initrd'), root: join(finished, 'root')};
  if (await isFolder(finished)) return images;

  await mkdir(cache, {recursive: true});
  await sweepDrafts(cache);
  const self = identifyProcess(process.pid);
  const draft = join(cache, `.draft-${process.pid}-${self?.startTicks}-${randomBytes(4).toString('hex')}`);
  await mkdir(draft);
  try {
    await build(draft, options);
    await rename(join(draft, 'out'), finished);
  } catch (error) {
    options.signal?.throwIfAborted();
    // Another lab was quicker: what it built is what we would have.
    if (!(await isFolder(finished))) {
      const told = toldAsNoRoom(error, {path: cache, variable: 'XDG_CACHE_HOME'});
      throw told === error ? imageError(error) : told;
    }
  } finally {
    await rm(draft, {recursive: true, force: true});
  }
  return images;
}

/** Changes with everything that decides what a guest is, except the versions of Debian's packages. */
function recipeDigest(): string {
  const recipe = [
    formatVersion,
    kernelPackage,
    otherPackages,
    modulesForBoot,
    modulesForLater,
    initScript,
    commonFiles,
    emptyFolders,
  ];
  return createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 16);
}

async function build(draft: string, options: BootImageOptions): Promise<void> {
  const out = join(draft, 'out');
  const unpacked = join(draft, 'packages');
  await mkdir(out);
  options.onStep?.('downloading Debian packages');
  const versions = await unpackPackages(draft, unpacked, options);
  options.onStep?.('building the kernel and the guest');
  await writeFile(join(out, 'packages.txt'), versions);
  const parts = [
    writeKernel(unpacked, join(out, 'vmlinux'), options),
    writeInitrd(unpacked, join(out, 'initrd'), options),
    writeRoot(unpacked, join(out, 'root'), options),
  ];
  // Nobody may still write into the draft when it is removed.
  await Promise.allSettled(parts);
  await Promise.all(parts);
}

async function unpackPackages(draft: string, unpacked: string, options: BootImageOptions): Promise<string> {
  const debs = join(draft, 'debs');
  await mkdir(debs);
  const download = async () => {
    const [kernel] = await dependsOf(kernelPackage, /^linux-image-/u, options);
    if (kernel === undefined) throw new Error(`apt knows no ${kernelPackage}`);
    // From Debian 14 on in pieces.
    const pieces = await dependsOf(kernel, /^linux-(?:binary|modules)-/u, options);
    const settings = ['-qq', '-o', 'APT::Sandbox::User=root'];
    await run('apt-get', [...settings, 'download', kernel, ...pieces, ...otherPackages], {...options, cwd: debs});
  };
  try {
    await download();
  } catch {
    options.signal?.throwIfAborted();
    options.onStep?.('refreshing the lists of Debian packages');
    await run('apt-get', ['-qq', 'update'], options);
    await download();
  }
  const files = (await readdir(debs)).sort();
  for (const file of files) await run('dpkg-deb', ['--extract', join(debs, file), unpacked], options);
  return `${files.join('\n')}\n`;
}

async function dependsOf(name: string, wanted: RegExp, options: RunOptions): Promise<readonly string[]> {
  const depends = await run('apt-cache', ['depends', '--important', name], options);
  return depends
    .matchAll(/Depends: (?<on>\S+)/gu)
    .flatMap(({groups: {on = ''} = {}}) => (wanted.test(on) ? [on] : []))
    .toArray();
}

async function writeKernel(unpacked: string, path: string, {signal}: RunOptions): Promise<void> {
  const image = await firstMatch(join(unpacked, '{boot/vmlinuz-*,usr/lib/modules/*/vmlinuz}'));
  const {unpack, payload} = packedKernel(await readFile(image));
  const [program, ...args] = unpack;
  // The unpacker may grumble over what follows the kernel; what counts is what came out.
  const {stdout} = await execa(program, args, {
    input: payload,
    encoding: 'buffer',
    maxBuffer: 2 ** 29,
    reject: false,
    ...(signal === undefined ? {} : {cancelSignal: signal}),
  });
  const kernel = Buffer.from(stdout ?? []);
  if (kernel.toString('latin1', 0, 4) !== '\x7fELF') throw new Error(`${program} did not unpack the kernel`);
  await writeFile(path, kernel);
}

async function writeInitrd(unpacked: string, path: string, options: RunOptions): Promise<void> {
  const busybox = await readFile(await findBusybox(unpacked));
  await writeFile(path, await initrd(unpacked, busybox, options));
}

async function writeRoot(unpacked: string, root: string, options: RunOptions): Promise<void> {
  const folders = [...emptyFolders, 'bin', 'sbin', 'usr/bin', 'usr/sbin', 'lib', 'lib64'];
  for (const folder of folders) await mkdir(join(root, folder), {recursive: true});
  await symlink('/run', join(root, 'var/run'));
  const busybox = await findBusybox(unpacked);
  await copyFile(busybox, join(root, 'bin/busybox'));
  for (const path of (await run(busybox, ['--list-full'], options)).split('\n')) {
    if (path === 'bin/busybox' || path === '') continue;
    await mkdir(join(root, dirname(path)), {recursive: true});
    await symlink('/bin/busybox', join(root, path));
    // The guest's scripts call some of them by the place Debian gives them.
    if (!path.startsWith('bin/'))
      await symlink('/bin/busybox', join(root, 'bin', path.replace(/^.*\//u, ''))).catch(() => {});
  }
  const agent = join(root, 'usr/sbin/qemu-ga');
  await copyFile(join(unpacked, 'usr/sbin/qemu-ga'), agent);
  await copyLibraries(agent, root, options);
  for (const file of commonFiles) await writeGuestFile(root, file);
}

/** Puts a file of a guest below its root folder, in place of what is there. */
export async function writeGuestFile(root: string, {path, text, mode}: GuestFile): Promise<void> {
  const target = join(root, path);
  await mkdir(dirname(target), {recursive: true});
  await rm(target, {force: true});
  await writeFile(target, text);
  await chmod(target, mode);
}

/** The agent's libraries are this machine's own: QEMU and libvirt need the same ones, so they are here. */
async function copyLibraries(program: string, root: string, options: RunOptions): Promise<void> {
  const listing = await run('ldd', [program], options);
  if (listing.includes('not found')) throw new Error(`This machine lacks a library of the guest agent:\n${listing}`);
  for (const [, path = ''] of listing.matchAll(/(?:=>\s+|^\s*)(\/\S+)\s+\(/gmu)) {
    const target = join(root, path);
    await mkdir(dirname(target), {recursive: true});
    await cp(path, target, {dereference: true});
  }
}

async function findBusybox(unpacked: string): Promise<string> {
  return firstMatch(join(unpacked, '{bin,usr/bin}/busybox'));
}

async function firstMatch(pattern: string): Promise<string> {
  for await (const path of glob(pattern)) return path;
  throw new Error(`Debian's packages hold no ${pattern}`);
}

/** Removes what builders left behind that are no longer alive. */
async function sweepDrafts(cache: string): Promise<void> {
  const self = identifyProcess(process.pid);
  for (const name of await readdir(cache)) {
    const [, pid, startTicks] = /^\.draft-(\d+)-(\d+)-/u.exec(name) ?? [];
    if (pid === undefined || self === undefined) continue;
    if (isAlive({pid: Number(pid), startTicks: Number(startTicks), bootId: self.bootId})) continue;
    await rm(join(cache, name), {recursive: true, force: true});
  }
}

async function isFolder(path: string): Promise<boolean> {
  return readdir(path).then(
    () => true,
    () => false,
  );
}

function imageError(cause: unknown): LabError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new LabError('IMAGE_FAILED', `The guests' kernel and disk could not be built: ${why}`, {
    hint: 'Check that apt-get download works on this machine, then try again.',
    cause,
  });
}
