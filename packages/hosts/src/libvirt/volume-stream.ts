import type {RpcClient, RpcStream} from '@dr-toolkit/libvirt';

import type {CallOptions, ReadOptions, VolumePiece} from '../host.ts';

const sparse = 1;
/** A shorter run of zeros is written out: a stream of its own would cost more. */
const holeBytesMin = 256 * 1024;

/** How the wire names a volume. */
export interface VolumeRef {
  readonly pool: string;
  readonly name: string;
  readonly key: string;
}

/** The pieces of a volume from its beginning, holes told apart; all of it unless `lengthBytes` says less. */
export async function* download(
  client: Pick<RpcClient, 'openStream'>,
  vol: VolumeRef,
  {signal, lengthBytes = 0}: ReadOptions,
): AsyncGenerator<VolumePiece> {
  const range = {vol, offset: 0, length: lengthBytes, flags: sparse};
  const stream = await client.openStream('STORAGE_VOL_DOWNLOAD', range, {signal});
  let offset = 0;
  for await (const piece of stream) {
    if (piece.kind === 'data') {
      yield {offset, data: piece.bytes};
      offset += piece.bytes.length;
    } else {
      yield {offset, holeBytes: piece.lengthBytes};
      offset += piece.lengthBytes;
    }
  }
}

/** All that a stream brings, for one that is short. */
export async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** One upload per run of data, each at its place, so that what lies between stays a hole. */
export async function upload(
  client: RpcClient,
  vol: VolumeRef,
  pieces: AsyncIterable<VolumePiece>,
  {signal}: CallOptions,
): Promise<void> {
  let stream: RpcStream | undefined;
  let at = 0;
  for await (const piece of pieces) {
    if ('holeBytes' in piece) {
      if (stream && piece.holeBytes < holeBytesMin) {
        await stream.write(new Uint8Array(piece.holeBytes));
        at += piece.holeBytes;
      }
      continue;
    }
    if (!stream || at !== piece.offset) {
      await stream?.finish();
      stream = await client.openStream('STORAGE_VOL_UPLOAD', {vol, offset: piece.offset, length: 0}, {signal});
      at = piece.offset;
    }
    await stream.write(piece.data);
    at += piece.data.length;
  }
  await stream?.finish();
}
