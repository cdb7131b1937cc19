import {createHash} from 'node:crypto';
import type {VolumePiece} from '@dr-toolkit/hosts';

const blockBytes = 65_536;
const zeros = Buffer.alloc(blockBytes);

/**
 * A digest of what a volume holds, whatever way its zeros are told: as holes or as bytes, in pieces of any size.
 * Feed the pieces in order.
 */
export class ContentDigest {
  readonly #hash = createHash('sha256');
  readonly #block = Buffer.alloc(blockBytes);
  #index = 0;
  #filled = 0;
  #lengthBytes = 0;

  /** Bytes seen so far, holes included. */
  get lengthBytes(): number {
    return this.#lengthBytes;
  }

  add(piece: VolumePiece): void {
    if ('data' in piece) {
      this.#lengthBytes += piece.data.length;
      for (let at = 0; at < piece.data.length;) at += this.#fill(piece.data.subarray(at));
    } else {
      this.#lengthBytes += piece.holeBytes;
      this.#skip(piece.holeBytes);
    }
  }

  /** SHA-256 over the blocks that are not all zeros, with their places, and the length. */
  hex(): string {
    this.#flush();
    this.#hash.update(`length ${this.#lengthBytes}`);
    return this.#hash.digest('hex');
  }

  #fill(data: Uint8Array): number {
    const count = Math.min(data.length, blockBytes - this.#filled);
    this.#block.set(data.subarray(0, count), this.#filled);
    this.#filled += count;
    if (this.#filled === blockBytes) this.#flush();
    return count;
  }

  #skip(bytes: number): void {
    const head = this.#filled === 0 ? 0 : Math.min(bytes, blockBytes - this.#filled);
    if (head > 0) this.#fill(zeros.subarray(0, head));
    const rest = bytes - head;
    this.#index += Math.floor(rest / blockBytes);
    if (rest % blockBytes > 0) this.#fill(zeros.subarray(0, rest % blockBytes));
  }

  #flush(): void {
    const block = this.#block.subarray(0, this.#filled);
    if (this.#filled > 0 && !block.equals(zeros.subarray(0, this.#filled)))
      this.#hash.update(`${this.#index}:`).update(block);
    this.#index += 1;
    this.#filled = 0;
  }
}
