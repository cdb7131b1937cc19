import type {Buffer} from 'node:buffer';
import {protocolError} from '../connection-error.ts';

/** Reads XDR from one complete message. Never reads past its end: what lies is refused, whatever lengths it claims. */
export class XdrReader {
  readonly #buffer: Buffer;
  #at: number;

  constructor(buffer: Buffer, at = 0) {
    this.#buffer = buffer;
    this.#at = at;
  }

  get remaining(): number {
    return this.#buffer.length - this.#at;
  }

  i32(): number {
    return this.#buffer.readInt32BE(this.#take(4));
  }

  u32(): number {
    return this.#buffer.readUInt32BE(this.#take(4));
  }

  i64(): bigint {
    return this.#buffer.readBigInt64BE(this.#take(8));
  }

  u64(): bigint {
    return this.#buffer.readBigUInt64BE(this.#take(8));
  }

  f64(): number {
    return this.#buffer.readDoubleBE(this.#take(8));
  }

  string(): string {
    const length = this.u32();
    const at = this.#takePadded(length);
    return this.#buffer.toString('utf8', at, at + length);
  }

  /** A copy, so that a short cookie does not keep a whole network buffer alive. */
  bytes(): Uint8Array {
    const length = this.u32();
    const at = this.#takePadded(length);
    return new Uint8Array(this.#buffer.subarray(at, at + length));
  }

  uuid(): string {
    const at = this.#take(16);
    const hex = this.#buffer.toString('hex', at, at + 16);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  /** Chars of four bytes each: the last byte is the char. */
  chars(count: number): Uint8Array {
    const at = this.#take(count * 4);
    const chars = new Uint8Array(count);
    for (let index = 0; index < count; index++) {
      chars[index] = this.#buffer[at + index * 4 + 3] ?? 0;
    }
    return chars;
  }

  /** How many items follow. No item is shorter than four bytes, so a count that cannot be true is refused at once. */
  count(): number {
    const count = this.u32();
    if (count * 4 > this.remaining) {
      throw protocolError(`A list of ${count} items cannot fit in the ${this.remaining} bytes that are left`);
    }
    return count;
  }

  #takePadded(length: number): number {
    return this.#take(length + (-length & 3));
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.#buffer.length - at) {
      throw protocolError(`A message ends ${length - (this.#buffer.length - at)} bytes too early`);
    }
    this.#at = at + length;
    return at;
  }
}
