/** One entry of an archive: a folder, a regular file, or a symbolic link. */
export type ArchiveEntry =
  | {readonly path: string; readonly kind: 'folder'}
  | {readonly path: string; readonly kind: 'file'; readonly content: Buffer; readonly mode: number}
  | {readonly path: string; readonly kind: 'link'; readonly to: string};

/**
 * Writes a cpio archive in the "newc" format, which the Linux kernel unpacks as its first file system. Everything
 * belongs to root and has no time, so that equal entries give equal bytes.
 * @see Linux Documentation/driver-api/early-userspace/buffer-format.rst
 */
export function newcArchive(entries: readonly ArchiveEntry[]): Buffer {
  const parts = entries.map((entry, position) => {
    switch (entry.kind) {
      case 'folder':
        return member(entry.path, position + 1, 0o040_755, Buffer.alloc(0));
      case 'file':
        return member(entry.path, position + 1, 0o100_000 | entry.mode, entry.content);
      case 'link':
        return member(entry.path, position + 1, 0o120_777, Buffer.from(entry.to));
      default:
        return entry satisfies never;
    }
  });
  return Buffer.concat([...parts, member('TRAILER!!!', 0, 0, Buffer.alloc(0))]);
}

function member(path: string, inode: number, mode: number, content: Buffer): Buffer {
  const name = Buffer.from(`${path}\0`);
  const links = 1;
  // inode, mode, uid, gid, links, mtime, size, device (2), special device (2), name's size, checksum (unused)
  const fields = [inode, mode, 0, 0, links, 0, content.length, 0, 0, 0, 0, name.length, 0];
  const header = Buffer.from(`070701${fields.map(field => field.toString(16).padStart(8, '0')).join('')}`);
  return Buffer.concat([padded(Buffer.concat([header, name])), padded(content)]);
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}
