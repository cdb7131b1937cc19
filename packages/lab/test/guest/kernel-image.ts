import test from 'ava';
import {moduleName, neededModules, packedKernel, withoutSignature} from '../../src/guest/kernel-image.ts';

function bootImage(payload: Buffer, {setupSectors = 3} = {}): Buffer {
  const image = Buffer.alloc((setupSectors + 1) * 512 + 16 + payload.length);
  image.writeUInt8(setupSectors, 0x1f1);
  image.write('HdrS', 0x202, 'latin1');
  image.writeUInt32LE(16, 0x248);
  image.writeUInt32LE(payload.length, 0x24c);
  payload.copy(image, (setupSectors + 1) * 512 + 16);
  return image;
}

test('the packed kernel is found behind the setup code, without its size', t => {
  const {unpack, payload} = packedKernel(bootImage(Buffer.from('02214c18aabbccdd00000001', 'hex')));
  t.deepEqual(unpack, ['lz4', '-dc']);
  t.is(payload.toString('hex'), '02214c18aabbccdd');
});

test('xz carries its size itself, so nothing is cut off', t => {
  const {unpack, payload} = packedKernel(bootImage(Buffer.from('fd377a585a00aabb', 'hex')));
  t.is(unpack[0], 'xz');
  t.is(payload.length, 8);
});

for (const [what, image] of [
  ['what is no boot image', Buffer.alloc(2048)],
  ['a file that is too short', Buffer.from('HdrS')],
  ['an unknown packing', bootImage(Buffer.from('deadbeef00000000', 'hex'))],
  ['an image that is cut short', bootImage(Buffer.from('02214c18aabbccdd00000001', 'hex')).subarray(0, -4)],
] as const) {
  test(`${what} is refused`, t => {
    t.throws(() => packedKernel(image), {instanceOf: RangeError});
  });
}

test('a module loses its signature and nothing else', t => {
  const body = Buffer.from('module body');
  const trailer = Buffer.alloc(12);
  trailer.writeUInt32BE(9, 8);
  const signed = Buffer.concat([body, Buffer.from('signature'), trailer, Buffer.from('~Module signature appended~\n')]);
  t.deepEqual(withoutSignature(signed), body);
  t.deepEqual(withoutSignature(body), body);
});

test('a module names those it needs', t => {
  t.deepEqual(neededModules(Buffer.from('\0license=GPL\0depends=virtio,virtio-ring\0name=x\0')), [
    'virtio',
    'virtio_ring',
  ]);
  t.deepEqual(neededModules(Buffer.from('\0depends=\0')), []);
  t.deepEqual(neededModules(Buffer.from('nothing')), []);
});

test('dashes and underscores name the same module', t => {
  t.is(moduleName('virtio-rng'), 'virtio_rng');
});
