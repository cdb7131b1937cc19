import type {CallOptions, Host} from './host.ts';

/** What a qcow2 file says of itself at its beginning, and libvirt does not tell. */
export interface Qcow2Header {
  /** How many snapshots it holds inside. libvirt need not know of them. */
  readonly snapshots: number;
  /** `apart`: its data lie in another file, and this one only says where in it. */
  readonly data: 'inside' | 'apart';
}

const headerBytes = 80;
const magic = 0x51_46_49_fb;
const dataFileBit = 1n << 2n;

/** Reads the header of an image; undefined when there is none, as in a raw file. Rejects with `HostError`. */
export async function readQcow2Header(
  host: Host,
  path: string,
  {signal}: CallOptions = {},
): Promise<Qcow2Header | undefined> {
  const header = Buffer.alloc(headerBytes);
  const pieces = host.readVolume(path, {signal, weight: 'light', lengthBytes: headerBytes});
  for await (const piece of pieces) if ('data' in piece) header.set(piece.data, piece.offset);
  return qcow2Header(header);
}

/** As QEMU's docs/interop/qcow2.rst lays it out: all numbers begin with their highest byte. */
export function qcow2Header(header: Buffer): Qcow2Header | undefined {
  if (header.readUInt32BE(0) !== magic) return undefined;
  const version = header.readUInt32BE(4);
  const incompatible = version >= 3 ? header.readBigUInt64BE(72) : 0n;
  return {snapshots: header.readUInt32BE(60), data: (incompatible & dataFileBit) === 0n ? 'inside' : 'apart'};
}
