import {Buffer} from 'node:buffer';
import {protocolError} from '../connection-error.ts';
import {frameBytesMax, headerBytes} from './frame.ts';

const firstBytes = 65_536;

/**
 * Cuts a byte stream into frames. Each byte is copied at most a few times, however small the pieces it arrives in, and
 * memory grows with what has arrived, not with what a length claims.
 */
export class FrameAssembler {
  /** The frame that is incomplete: `#filled` bytes of it are in `#partial`. */
  #partial: Buffer = Buffer.alloc(0);
  #filled = 0;

  /**
   * Takes the next bytes and returns the frames they complete. A frame may share memory with `chunk`.
   * @throws {ConnectionError} `PROTOCOL_ERROR` for a length that no frame can have; nothing after it can be understood.
   */
  push(chunk: Buffer): Buffer[] {
    const frames: Buffer[] = [];
    let at = this.#filled > 0 ? chunk.length - this.#continue(chunk, frames).length : 0;
    while (at < chunk.length) {
      const length = frameLength(chunk, at);
      if (length === undefined || length > chunk.length - at) {
        this.#keep(chunk.subarray(at), length ?? 4);
        break;
      }
      frames.push(chunk.subarray(at, at + length));
      at += length;
    }
    return frames;
  }

  /** Whether the stream may end here: not in the middle of a frame. */
  get atBoundary(): boolean {
    return this.#filled === 0;
  }

  #continue(chunk: Buffer, frames: Buffer[]): Buffer {
    let rest = chunk;
    while (rest.length > 0) {
      const length = frameLength(this.#partial.subarray(0, this.#filled));
      const wanted = (length ?? 4) - this.#filled;
      const piece = rest.subarray(0, wanted);
      this.#keep(piece, length ?? 4);
      rest = rest.subarray(piece.length);
      if (this.#filled === length) {
        frames.push(this.#partial.subarray(0, length));
        this.#partial = Buffer.alloc(0);
        this.#filled = 0;
        break;
      }
      frameLength(this.#partial.subarray(0, this.#filled));
    }
    return rest;
  }

  #keep(piece: Buffer, length: number): void {
    const needed = this.#filled + piece.length;
    if (needed > this.#partial.length) {
      const capacity = Math.max(needed, Math.min(Math.max(length, headerBytes), Math.max(firstBytes, needed * 2)));
      const larger = Buffer.allocUnsafe(capacity);
      larger.set(this.#partial.subarray(0, this.#filled));
      this.#partial = larger;
    }
    this.#partial.set(piece, this.#filled);
    this.#filled = needed;
  }
}

/** The length a frame begins with, once its four bytes are there. */
function frameLength(bytes: Buffer, at = 0): number | undefined {
  if (bytes.length - at < 4) {
    return undefined;
  }
  const length = bytes.readUInt32BE(at);
  if (length < headerBytes || length > frameBytesMax) {
    throw protocolError(`A frame claims ${length} bytes; ${headerBytes} to ${frameBytesMax} are possible`);
  }
  return length;
}
