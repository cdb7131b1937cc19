import type {Buffer} from 'node:buffer';
import {ConnectionError} from './connection-error.ts';
import {frameStatus, frameTypes} from './wire/frame.ts';
import {decode} from './wire/codec.ts';
import {XdrReader} from './wire/xdr-reader.ts';
import type {XdrWriter} from './wire/xdr-writer.ts';

/** The most data that fits into one packet of a stream. */
export const packetBytesMax = 262_120;
/** How much of a download may wait for its reader before the connection is paused, and when it goes on. */
const waitingBytesMax = 4 * 1024 * 1024;
const waitingBytesLow = 1024 * 1024;

/** What a download consists of: data, and in a sparse one runs of zeros that are told by their length. */
export type StreamPiece =
  | {readonly kind: 'data'; readonly bytes: Uint8Array}
  | {readonly kind: 'hole'; readonly lengthBytes: number};

/** A packet of a stream as it leaves. */
export interface StreamPacket {
  readonly type: number;
  readonly status: number;
  readonly payload?: (writer: XdrWriter) => void;
}

/** Breaks a stream off. */
export const abortPacket: StreamPacket = {type: frameTypes.stream, status: frameStatus.error};

/** What a stream asks of the connection it runs on. */
export interface StreamLink {
  /** Resolves when the connection takes more. */
  readonly send: (packet: StreamPacket) => Promise<void>;
  /** Stops and starts reading from the connection. */
  readonly pause: (paused: boolean) => void;
  /** The stream has ended; nothing more will be sent. */
  readonly forget: () => void;
  readonly host: string;
}

/**
 * Bytes that belong to a call: a volume that is read or written, a console, a screenshot. Its packets share the
 * connection, and a reader that is slow holds up everything else on it: give each stream a connection of its own.
 *
 * `stream-adapters.ts` makes Node streams of it.
 */
export class RpcStream<Returns = unknown> {
  /** What the call itself returned, such as the MIME type of a screenshot. */
  readonly returns: Returns;
  readonly #link: StreamLink;
  readonly #pieces: StreamPiece[] = [];
  #waitingBytes = 0;
  #paused = false;
  #ended = false;
  #finished: Promise<void> | undefined;
  #state: 'open' | 'closed' = 'open';
  #error: Error | undefined;
  readonly #waitingReads: (() => void)[] = [];
  readonly #waitingWrites = new Set<(error: Error) => void>();
  readonly #confirmed = Promise.withResolvers<void>();
  #unlisten: (() => void) | undefined;

  constructor(link: StreamLink, returns: Returns, signal?: AbortSignal) {
    this.#link = link;
    this.returns = returns;
    this.#confirmed.promise.catch(() => {});
    if (signal !== undefined) {
      const onAbort = (): void => this.abort(signal.reason);
      signal.addEventListener('abort', onAbort, {once: true});
      this.#unlisten = () => signal.removeEventListener('abort', onAbort);
      if (signal.aborted) {
        onAbort();
      }
    }
  }

  /** Settles when the daemon has confirmed the end, and so an upload is complete; rejects when the stream failed. */
  get done(): Promise<void> {
    return this.#confirmed.promise;
  }

  /**
   * The next piece, or `undefined` once the stream has ended and the daemon confirmed it.
   * @throws {LibvirtError} when the daemon breaks the stream off.
   */
  async read(): Promise<StreamPiece | undefined> {
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        this.#taken(piece);
        return piece;
      }
      if (this.#error !== undefined) {
        throw this.#error;
      }
      if (this.#ended || this.#state === 'closed') {
        await this.finish();
        return undefined;
      }
      const {promise, resolve} = Promise.withResolvers<void>();
      this.#waitingReads.push(resolve);
      await promise;
    }
  }

  /** Piece by piece, to the end. Leaving early aborts the stream. */
  async *[Symbol.asyncIterator](): AsyncGenerator<StreamPiece, void, undefined> {
    try {
      for (let piece = await this.read(); piece !== undefined; piece = await this.read()) {
        yield piece;
      }
    } finally {
      if (this.#state === 'open') {
        this.abort();
      }
    }
  }

  /** Sends bytes; resolves when the connection takes more. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += packetBytesMax) {
      this.#requireOpen();
      const packet = bytes.subarray(at, at + packetBytesMax);
      await this.#send({
        type: frameTypes.stream,
        status: frameStatus.continue,
        payload: writer => writer.raw(packet),
      });
    }
  }

  /** Sends a run of zeros by its length: only on a stream that was opened sparse. libvirt before 10.1 may hang on it. */
  async writeHole(lengthBytes: number): Promise<void> {
    this.#requireOpen();
    await this.#send({
      type: frameTypes.streamHole,
      status: frameStatus.continue,
      payload(writer) {
        writer.i64(lengthBytes);
        writer.u32(0);
      },
    });
  }

  /** Says that nothing more follows, and waits until the daemon confirms: only then is an upload complete. */
  async finish(): Promise<void> {
    if (this.#finished === undefined) {
      this.#finished = this.#confirmed.promise;
      if (this.#state === 'open') {
        await this.#send({type: frameTypes.stream, status: frameStatus.ok});
      }
    }
    return this.#finished;
  }

  /** Breaks the stream off on both sides. Reads and writes that wait reject with `reason`. */
  abort(reason?: unknown): void {
    if (this.#state === 'closed') {
      return;
    }
    this.#link.send(abortPacket).catch(() => {});
    this.fail(
      reason instanceof Error
        ? reason
        : new ConnectionError('STREAM_CLOSED', 'The stream was aborted', {
            hint: 'Open a new stream to go on.',
            host: this.#link.host,
            cause: reason,
          }),
    );
  }

  /** For the connection: data came. An empty piece of data is the end. */
  receive(type: number, payload: Buffer): void {
    if (type === frameTypes.streamHole) {
      const {length} = decode(new XdrReader(payload), 'length:i64 flags:u32');
      this.#queue({kind: 'hole', lengthBytes: Number(length)});
    } else if (payload.length > 0) {
      this.#queue({kind: 'data', bytes: payload});
    } else {
      this.#ended = true;
    }
    this.#wakeReaders();
  }

  /** For the connection: the daemon confirmed the end. */
  confirm(): void {
    this.#close();
    this.#confirmed.resolve();
    this.#wakeReaders();
  }

  /** For the connection: the stream is lost. */
  fail(error: Error): void {
    if (this.#state === 'closed') {
      return;
    }
    this.#error = error;
    this.#pieces.length = 0;
    this.#close();
    this.#confirmed.reject(error);
    this.#wakeReaders();
    for (const reject of this.#waitingWrites) {
      reject(error);
    }
  }

  /** Resolves when the connection takes more, and rejects as soon as the stream is lost: that may be never else. */
  async #send(packet: StreamPacket): Promise<void> {
    const {promise, resolve, reject} = Promise.withResolvers<void>();
    this.#waitingWrites.add(reject);
    try {
      void this.#link.send(packet).then(resolve);
      await promise;
    } finally {
      this.#waitingWrites.delete(reject);
    }
  }

  #close(): void {
    this.#state = 'closed';
    this.#unlisten?.();
    this.#setPaused(false);
    this.#link.forget();
  }

  #queue(piece: StreamPiece): void {
    this.#pieces.push(piece);
    this.#waitingBytes += piece.kind === 'data' ? piece.bytes.length : 0;
    if (this.#waitingBytes > waitingBytesMax) {
      this.#setPaused(true);
    }
  }

  #taken(piece: StreamPiece): void {
    this.#waitingBytes -= piece.kind === 'data' ? piece.bytes.length : 0;
    if (this.#waitingBytes < waitingBytesLow) {
      this.#setPaused(false);
    }
  }

  #setPaused(paused: boolean): void {
    if (this.#paused !== paused) {
      this.#paused = paused;
      this.#link.pause(paused);
    }
  }

  #wakeReaders(): void {
    for (const wake of this.#waitingReads.splice(0)) wake();
  }

  #requireOpen(): void {
    if (this.#error !== undefined) {
      throw this.#error;
    }
    if (this.#state === 'closed' || this.#finished !== undefined) {
      throw new ConnectionError('STREAM_CLOSED', 'The stream has ended; nothing more can be written to it', {
        hint: 'Open a new stream to go on.',
        host: this.#link.host,
      });
    }
  }
}
