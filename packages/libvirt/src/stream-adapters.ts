import {Duplex, Readable, Writable, type WritableOptions} from 'node:stream';
import type {RpcStream, StreamPiece} from './rpc-stream.ts';

const zeros = new Uint8Array(65_536);

/** A Node stream of what the daemon sends; holes are filled with zeros. It ends when the daemon has confirmed the end. */
export function toReadable(stream: RpcStream): Readable {
  const readable: Readable = new Readable({
    read: nextOf(stream, () => readable),
    destroy(error, done) {
      stream.abort(error ?? undefined);
      done(error);
    },
  });
  return readable;
}

/**
 * A Node stream to the daemon. `finish` means that the daemon has confirmed the end, and so that the upload is complete.
 * Destroyed before, it aborts the upload on the daemon as well.
 *
 * It takes no more than `bytesMost`: libvirt 11.3 crashes when it gets more than an upload was opened for.
 */
export function toWritable(stream: RpcStream, bytesMost = Number.POSITIVE_INFINITY): Writable {
  const writable = new Writable(writing(stream, bytesMost));
  // An upload that is broken off fails at once, not at the next write; where nobody listens yet, that would end the process.
  stream.done.catch((error: unknown) => {
    if (writable.listenerCount('error') > 0) writable.destroy(error as Error);
  });
  return writable;
}

/** A console or channel, in both directions. */
export function toDuplex(stream: RpcStream): Duplex {
  const duplex: Duplex = new Duplex({...writing(stream, Number.POSITIVE_INFINITY), read: nextOf(stream, () => duplex)});
  return duplex;
}

function nextOf(stream: RpcStream, target: () => Readable): () => void {
  const pieces = filled(stream);
  const push = async (): Promise<void> => {
    try {
      const {value} = await pieces.next();
      target().push(value ?? null);
    } catch (error) {
      target().destroy(error as Error);
    }
  };
  return () => void push();
}

function writing(stream: RpcStream, bytesMost: number): WritableOptions {
  let left = bytesMost;
  return {
    write(chunk: Buffer, _encoding, done) {
      left -= chunk.length;
      if (left < 0) done(new RangeError(`The upload was opened for ${bytesMost} bytes, and more was written`));
      else void tell(stream.write(chunk), done);
    },
    final: done => void tell(stream.finish(), done),
    destroy(error, done) {
      stream.abort(error ?? undefined);
      done(error);
    },
  };
}

async function tell(work: Promise<void>, done: (error?: Error) => void): Promise<void> {
  try {
    await work;
  } catch (error) {
    done(error as Error);
    return;
  }
  done();
}

async function* filled(stream: RpcStream): AsyncGenerator<Uint8Array, undefined, undefined> {
  for await (const piece of stream) {
    yield* bytesOf(piece);
  }
  return undefined;
}

function* bytesOf(piece: StreamPiece): Generator<Uint8Array, void, undefined> {
  if (piece.kind === 'data') {
    yield piece.bytes;
    return;
  }
  for (let left = piece.lengthBytes; left > 0; left -= zeros.length) {
    yield zeros.subarray(0, left);
  }
}
