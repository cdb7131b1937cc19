import {cp, mkdir, rm, truncate, open} from 'node:fs/promises';
import {run, type RunOptions} from '../run.ts';
import {writeGuestFile} from './boot-images.ts';
import {identityFiles, type GuestIdentity} from './guest-files.ts';

/**
 * Builds a guest's root disk (qcow2) at `path`, which may lie on a host's disk. `scratch` is a folder of its own, which
 * is gone afterwards. Nothing is mounted: the file system is written by mke2fs from a folder.
 */
export async function writeGuestDisk(
  guest: GuestIdentity,
  {root, path, scratch, sizeMib}: {root: string; path: string; scratch: string; sizeMib: number},
  options: RunOptions,
): Promise<void> {
  await mkdir(scratch, {recursive: true});
  try {
    const tree = `${scratch}/root`;
    await cp(root, tree, {recursive: true, verbatimSymlinks: true});
    for (const file of identityFiles(guest)) await writeGuestFile(tree, file);
    const raw = `${scratch}/disk.raw`;
    await (await open(raw, 'wx')).close();
    await truncate(raw, sizeMib * 1024 * 1024);
    const features = 'root_owner=0:0,lazy_itable_init=1,nodiscard';
    await run('mke2fs', ['-q', '-F', '-t', 'ext4', '-L', 'root', '-m', '0', '-E', features, '-d', tree, raw], options);
    // The S flag (0x8, beside 0x80000 for extents): what is written below /data is on the disk when the write returns.
    await run('debugfs', ['-w', '-R', 'set_inode_field /data flags 0x80008', raw], options);
    await run('qemu-img', ['convert', '-O', 'qcow2', '-o', 'compat=1.1', raw, path], options);
  } finally {
    await rm(scratch, {recursive: true, force: true});
  }
}
