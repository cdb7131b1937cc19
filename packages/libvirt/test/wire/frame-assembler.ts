import {Buffer} from 'node:buffer';
import test from 'ava';
import * as fc from 'fast-check';
import {encodeFrame, frameBytesMax} from '../../src/wire/frame.ts';
import {FrameAssembler} from '../../src/wire/frame-assembler.ts';

const header = {program: 0x2000_8086, procedure: 1, type: 1, serial: 1, status: 0};
const frameOf = (payload: Uint8Array): Buffer => encodeFrame(header, writer => writer.raw(payload));

test('frames come out as they went in, however the stream is cut', t => {
  const payloads = fc.array(fc.uint8Array({maxLength: 300}), {maxLength: 8});
  fc.assert(
    fc.property(payloads, fc.array(fc.integer({min: 1, max: 90}), {minLength: 1}), (all, cuts) => {
      const frames = all.map(frameOf);
      const stream = Buffer.concat(frames);
      const assembler = new FrameAssembler();
      const found: Buffer[] = [];
      for (let at = 0, turn = 0; at < stream.length; turn++) {
        const length = cuts[turn % cuts.length] ?? 1;
        found.push(...assembler.push(stream.subarray(at, at + length)));
        at += length;
      }
      t.deepEqual(found, frames);
      return assembler.atBoundary;
    }),
  );
});

test('random bytes give frames or a protocol error, and nothing else', t => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({maxLength: 100})), chunks => {
      const assembler = new FrameAssembler();
      try {
        for (const chunk of chunks) {
          assembler.push(Buffer.from(chunk));
        }
      } catch (error) {
        t.is((error as {code?: string}).code, 'PROTOCOL_ERROR');
      }
    }),
  );
  t.pass();
});

for (const length of [0, 4, 27, frameBytesMax + 1, 0x7fff_ffff, 0xffff_ffff]) {
  test(`a frame that claims ${length} bytes is refused, whole or byte by byte`, t => {
    const claim = Buffer.alloc(4);
    claim.writeUInt32BE(length);
    t.throws(() => new FrameAssembler().push(claim), {
      code: 'PROTOCOL_ERROR',
      message: new RegExp(`claims ${length} `),
    });
    const assembler = new FrameAssembler();
    t.throws(() => claim.forEach(byte => assembler.push(Buffer.of(byte))), {code: 'PROTOCOL_ERROR'});
  });
}

test('the largest frame arrives whole from 345,000 pieces, which would take hours if each copied all before it', t => {
  const frame = frameOf(Buffer.alloc(frameBytesMax - 28, 7));
  const pieceBytes = 97;
  const assembler = new FrameAssembler();
  const found: Buffer[] = [];
  for (let at = 0; at < frame.length; at += pieceBytes) {
    found.push(...assembler.push(frame.subarray(at, at + pieceBytes)));
  }
  t.is(found.length, 1);
  t.true(found[0]?.equals(frame));
});

test('a large claim alone takes no large memory', t => {
  const claim = Buffer.alloc(4);
  claim.writeUInt32BE(frameBytesMax);
  const before = process.memoryUsage().arrayBuffers;
  const assemblers = Array.from({length: 64}, () => new FrameAssembler());
  for (const assembler of assemblers) {
    assembler.push(claim);
  }
  t.true(process.memoryUsage().arrayBuffers - before < frameBytesMax);
});
