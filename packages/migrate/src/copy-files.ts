import type {StepContext} from '@dr-toolkit/engine';
import type {CallOptions, Host, VolumePiece} from '@dr-toolkit/hosts';

import {ContentDigest} from './content-digest.ts';
import {copiedDisks, type DomainMove} from './domain-move.ts';
import {MigrationError} from './migration-error.ts';
import {paced} from './paced.ts';
import type {MoveHosts} from './whereabouts.ts';

/** A file of a domain that is shut off, and where it goes. */
export interface FileCopy {
  readonly sourcePath: string;
  readonly targetPath: string;
  readonly lengthBytes: number;
  /** When its content was last changed before it was copied. */
  readonly modified: string | undefined;
}

/** All files of a domain that are copied: its disks and, where there is one, its NVRAM. */
export async function filesOf(move: DomainMove, source: Host, options: CallOptions): Promise<FileCopy[]> {
  const files = await Promise.all(
    copiedDisks(move).map(async ({sourcePath, targetPath, lengthBytes}): Promise<FileCopy> => {
      const modified = (await source.findVolume(sourcePath, options))?.modified;
      return {sourcePath, targetPath, lengthBytes, modified};
    }),
  );
  const path = move.nvramPath;
  const nvram = path === undefined ? undefined : await source.findVolume(path, options);
  // It is made at the first start, so a domain that never ran has none.
  if (path === undefined || !nvram) return files;
  const {lengthBytes, modified} = nvram;
  return [...files, {sourcePath: path, targetPath: path, lengthBytes, modified}];
}

interface CopyOptions {
  readonly move: DomainMove;
  readonly context: StepContext;
  /** Called with every piece that has moved, on its way or read back. */
  readonly moved: () => void;
}

/** Copies them one by one, reads each copy back and compares. Returns how many bytes were no holes. */
export async function copyFiles(
  files: readonly FileCopy[],
  hosts: MoveHosts,
  {move, context, moved}: CopyOptions,
): Promise<number> {
  const {signal} = context;
  const bytesTotal = files.reduce((sum, file) => sum + file.lengthBytes, 0);
  const startedMs = performance.now();
  let bytesDone = 0;
  let copiedBytes = 0;
  const onPiece = (piece: VolumePiece) => {
    moved();
    const bytes = 'data' in piece ? piece.data.length : piece.holeBytes;
    bytesDone += bytes;
    if ('data' in piece) copiedBytes += bytes;
    const seconds = (performance.now() - startedMs) / 1000;
    const fraction = bytesTotal === 0 ? 1 : bytesDone / bytesTotal;
    context.progress({fraction, bytesDone, bytesTotal, bytesPerSecond: bytesDone / seconds});
  };
  for (const file of files) {
    const sent = await sendFile(file, hosts, {move, signal, onPiece});
    context.progress({text: 'comparing'});
    await compareFile(file, hosts, {sent, signal, moved});
  }
  return copiedBytes;
}

interface SendOptions {
  readonly move: DomainMove;
  readonly signal: AbortSignal;
  readonly onPiece: (piece: VolumePiece) => void;
}

/** Returns the digest of what was sent. */
async function sendFile(
  {sourcePath, targetPath, lengthBytes}: FileCopy,
  {source, target}: MoveHosts,
  {move: {bandwidthMibPerSecond}, signal, onPiece}: SendOptions,
): Promise<string> {
  const pace = bandwidthMibPerSecond === undefined ? undefined : bandwidthMibPerSecond * 1024 ** 2;
  if (!(await target.findVolume(targetPath, {signal})))
    await target.createVolume({path: targetPath, format: 'raw', capacityBytes: lengthBytes}, {signal});
  const sent = new ContentDigest();
  const watched = watch(paced(source.readVolume(sourcePath, {signal}), pace, {signal}), piece => {
    sent.add(piece);
    onPiece(piece);
  });
  await target.writeVolume(targetPath, watched, {signal});
  return sent.hex();
}

interface CompareOptions extends CallOptions {
  readonly sent: string;
  readonly moved: () => void;
}

async function compareFile(
  {sourcePath, targetPath}: FileCopy,
  {target}: MoveHosts,
  {sent, signal, moved}: CompareOptions,
): Promise<void> {
  const arrived = new ContentDigest();
  for await (const piece of target.readVolume(targetPath, {signal})) {
    moved();
    arrived.add(piece);
  }
  if (sent === arrived.hex()) return;
  throw new MigrationError('COPY_DIFFERS', `${targetPath} on ${target.name} does not read like ${sourcePath}`, {
    hint: `See that nothing else writes to either file and that the disks of ${target.name} are healthy, then run the same command again`,
  });
}

/** What was written to while it was read may be of two times. @throws {MigrationError} `COPY_DIFFERS` */
export async function refuseWritten(files: readonly FileCopy[], source: Host, options: CallOptions): Promise<void> {
  for (const {sourcePath, modified} of files) {
    if ((await source.findVolume(sourcePath, options))?.modified === modified) continue;
    throw new MigrationError('COPY_DIFFERS', `${sourcePath} on ${source.name} was written to while it was copied`, {
      hint: 'See who did that, such as somebody who started its domain for a while, then run the same command again',
    });
  }
}

async function* watch(
  pieces: AsyncIterable<VolumePiece>,
  see: (piece: VolumePiece) => void,
): AsyncGenerator<VolumePiece> {
  for await (const piece of pieces) {
    see(piece);
    yield piece;
  }
}
