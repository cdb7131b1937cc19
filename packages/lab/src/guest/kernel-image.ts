/** The kernel proper inside a Linux boot image for x86, as it is packed there. */
export interface PackedKernel {
  /** The program that unpacks it from its standard input to its standard output. */
  readonly unpack: readonly [string, ...string[]];
  readonly payload: Buffer;
}

const packings: readonly {readonly magic: string; readonly unpack: readonly [string, ...string[]]}[] = [
  {magic: '02214c18', unpack: ['lz4', '-dc']},
  {magic: 'fd377a58', unpack: ['xz', '-dc']},
  {magic: '28b52ffd', unpack: ['zstd', '-dc']},
  {magic: '1f8b', unpack: ['gzip', '-dc']},
];

/**
 * Finds the packed kernel in a bzImage. Unpacked it is an ELF file that QEMU starts directly (PVH), which under
 * emulation saves the seconds that unpacking inside the guest would take.
 * @throws {RangeError} when it is not such an image, or packed in a way that is not known.
 * @see Linux Documentation/arch/x86/boot.rst: setup_sects, payload_offset, payload_length
 */
export function packedKernel(image: Buffer): PackedKernel {
  if (image.length < 0x250 || image.toString('latin1', 0x202, 0x206) !== 'HdrS') {
    throw new RangeError('Not a Linux boot image');
  }
  const setupSectors = image.readUInt8(0x1f1) || 4;
  const start = (setupSectors + 1) * 512 + image.readUInt32LE(0x248);
  const end = start + image.readUInt32LE(0x24c);
  if (end > image.length) throw new RangeError('The boot image is cut short');
  const packed = image.subarray(start, end);
  const packing = packings.find(({magic}) => packed.toString('hex', 0, magic.length / 2) === magic);
  if (!packing) throw new RangeError(`The kernel is packed in an unknown way (${packed.toString('hex', 0, 4)})`);
  // The last 4 bytes are the unpacked size, which only xz carries in a place of its own.
  return {unpack: packing.unpack, payload: packing.unpack[0] === 'xz' ? packed : packed.subarray(0, -4)};
}

/** Takes the signature off a kernel module: checking RSA under emulation takes longer than loading it. */
export function withoutSignature(module: Buffer): Buffer {
  const mark = Buffer.from('~Module signature appended~\n');
  if (!module.subarray(-mark.length).equals(mark)) return module;
  const trailer = 12;
  const end = module.length - mark.length - trailer;
  const signatureBytes = module.readUInt32BE(end + 8);
  return module.subarray(0, end - signatureBytes);
}

/** The modules that must be in the kernel before this one, as its own header names them. */
export function neededModules(module: Buffer): readonly string[] {
  const key = Buffer.from('\0depends=');
  const start = module.indexOf(key);
  if (start === -1) return [];
  const end = module.indexOf(0, start + key.length);
  const list = module.toString('latin1', start + key.length, end);
  return list === '' ? [] : list.split(',').map(moduleName);
}

/** Names of modules and of their files mix dashes and underscores. */
export function moduleName(name: string): string {
  return name.replaceAll('-', '_');
}
