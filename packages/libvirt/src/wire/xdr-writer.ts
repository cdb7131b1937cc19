import {Buffer} from 'node:buffer';

/** The longest string or byte array a daemon accepts. */
export const stringBytesMax = 4_194_304;
const uuidBytes = 16;

/** Writes XDR into one growing buffer: big-endian, everything padded to four bytes. */
export class XdrWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(capacityBytes = 256) {
    this.#buffer = Buffer.allocUnsafe(capacityBytes);
  }

  get length(): number {
    return this.#length;
  }

  /** What has been written so far. It shares memory with the writer: take it last. */
  written(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  i32(value: number): void {
    const at = this.#claim(4);
    this.#buffer.writeInt32BE(value, at);
  }

  /** Takes the negative numbers that `1 << 31` and `a | b` give as well. */
  u32(value: number): void {
    const at = this.#claim(4);
    this.#buffer.writeUInt32BE(value < 0 && value >= -0x8000_0000 ? value >>> 0 : value, at);
  }

  /** Overwrites a `u32` that was written before. */
  patchU32(at: number, value: number): void {
    this.#buffer.writeUInt32BE(value, at);
  }

  i64(value: bigint | number): void {
    const at = this.#claim(8);
    this.#buffer.writeBigInt64BE(BigInt(value), at);
  }

  u64(value: bigint | number): void {
    const at = this.#claim(8);
    this.#buffer.writeBigUInt64BE(BigInt(value), at);
  }

  f64(value: number): void {
    const at = this.#claim(8);
    this.#buffer.writeDoubleBE(value, at);
  }

  string(value: string): void {
    const length = Buffer.byteLength(value);
    this.#counted(length);
    const at = this.#claimPadded(length);
    this.#buffer.write(value, at, length, 'utf8');
  }

  bytes(value: Uint8Array): void {
    this.#counted(value.length);
    const at = this.#claimPadded(value.length);
    this.#buffer.set(value, at);
  }

  /** The 16 bytes of 32 hexadecimal digits, wherever dashes stand among them. Returns whether they are that. */
  uuid(value: string): boolean {
    const hex = value.replaceAll('-', '');
    const at = this.#claim(uuidBytes);
    return hex.length === uuidBytes * 2 && this.#buffer.write(hex, at, 'hex') === uuidBytes;
  }

  /** Bytes as they are: no count, no padding. */
  raw(value: Uint8Array): void {
    const at = this.#claim(value.length);
    this.#buffer.set(value, at);
  }

  #counted(length: number): void {
    if (length > stringBytesMax) {
      throw new RangeError(`${length} bytes are more than the ${stringBytesMax} that libvirt takes in one string`);
    }
    this.u32(length);
  }

  #claimPadded(length: number): number {
    const at = this.#claim((length + 3) & ~3);
    this.#buffer.fill(0, at + length, this.#length);
    return at;
  }

  #claim(length: number): number {
    const at = this.#length;
    const needed = at + length;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
      larger.set(this.written());
      this.#buffer = larger;
    }
    this.#length = needed;
    return at;
  }
}
