import type {Buffer} from 'node:buffer';
import {protocolError} from '../connection-error.ts';
import {XdrWriter} from './xdr-writer.ts';

export const programs = {remote: 0x2000_8086, qemu: 0x2000_8087, keepalive: 0x6b65_6570} as const;
export const frameTypes = {call: 0, reply: 1, message: 2, stream: 3, streamHole: 6} as const;
export const frameStatus = {ok: 0, error: 1, continue: 2} as const;
export const headerBytes = 28;
/** 32 MiB of payload with its length: a daemon drops a connection that sends more. */
export const frameBytesMax = 33_554_436;
const version = 1;

/** The six words that follow the length of every frame, without the version, which is always 1. */
export interface FrameHeader {
  readonly program: number;
  readonly procedure: number;
  readonly type: number;
  /** Chosen by the client for each call, and repeated by answers and stream packets; 0 in messages. */
  readonly serial: number;
  readonly status: number;
}

export interface Frame extends FrameHeader {
  readonly payload: Buffer;
}

/** One complete frame. `writePayload` adds to the buffer that already holds the header. */
export function encodeFrame(header: FrameHeader, writePayload?: (writer: XdrWriter) => void): Buffer {
  const writer = new XdrWriter();
  writer.u32(0);
  writer.u32(header.program);
  writer.u32(version);
  writer.i32(header.procedure);
  writer.u32(header.type);
  writer.u32(header.serial);
  writer.u32(header.status);
  writePayload?.(writer);
  if (writer.length > frameBytesMax) {
    throw new RangeError(`A message of ${writer.length} bytes is longer than the ${frameBytesMax} libvirt takes`);
  }
  writer.patchU32(0, writer.length);
  return writer.written();
}

/** Takes a complete frame apart. The payload shares its memory. */
export function parseFrame(frame: Buffer): Frame {
  const spoken = frame.readUInt32BE(8);
  if (spoken !== version) {
    throw protocolError(`The daemon speaks version ${spoken} of the protocol, this client version ${version}`);
  }
  return {
    program: frame.readUInt32BE(4),
    procedure: frame.readInt32BE(12),
    type: frame.readUInt32BE(16),
    serial: frame.readUInt32BE(20),
    status: frame.readUInt32BE(24),
    payload: frame.subarray(headerBytes),
  };
}
