import test from 'ava';
import * as fc from 'fast-check';
import type {VolumePiece} from '@dr-toolkit/hosts';

import {ContentDigest} from '../src/content-digest.ts';

/** Runs of one byte each: short ones, and some that span blocks. */
const runs = fc.array(
  fc.record({
    byte: fc.constantFrom(0, 0, 1, 255),
    length: fc.oneof(fc.integer({min: 1, max: 50}), fc.integer({min: 1, max: 200_000})),
  }),
  {maxLength: 8},
);

test('holes and zeros are the same content, in pieces of any size', t => {
  fc.assert(
    fc.property(runs, fc.integer({min: 1, max: 150_000}), (content, pieceBytes) => {
      const asPieces: VolumePiece[] = [];
      let offset = 0;
      for (const {byte, length} of content) {
        asPieces.push(byte === 0 ? {offset, holeBytes: length} : {offset, data: Buffer.alloc(length, byte)});
        offset += length;
      }
      const whole = Buffer.concat(content.map(({byte, length}) => Buffer.alloc(length, byte)));
      const chopped: VolumePiece[] = [];
      for (let at = 0; at < whole.length; at += pieceBytes)
        chopped.push({offset: at, data: whole.subarray(at, at + pieceBytes)});
      return digest(asPieces) === digest(chopped);
    }),
    {numRuns: 200},
  );
  t.pass();
});

test('one byte that differs is seen, and so is one that moved', t => {
  const all = [
    image(0, 1),
    image(0, 2),
    image(1, 1),
    image(65_536, 1),
    image(131_072, 1),
    image(299_999, 1),
    image(0, 1, 300_001),
  ];
  t.is(new Set(all).size, all.length);
});

function digest(pieces: readonly VolumePiece[]): string {
  const content = new ContentDigest();
  for (const piece of pieces) content.add(piece);
  return content.hex();
}

/** An image of zeros but for one byte. */
function image(at: number, byte: number, length = 300_000): string {
  const data = Buffer.alloc(length);
  data[at] = byte;
  return digest([{offset: 0, data}]);
}
