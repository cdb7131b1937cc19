import test from 'ava';
import {bytesOf, parseXml, XmlError} from '../../src/index.ts';

const sizeIn = (xml: string, unitDefault: 'bytes' | 'KiB' = 'KiB'): number | undefined =>
  bytesOf(parseXml(xml, 'memory').root, unitDefault);

const isSize = test.macro({
  exec(t, unit: string, expected: number) {
    t.is(sizeIn(`<memory unit='${unit}'>3</memory>`), expected);
  },
  title: (_, unit: string, expected: number) => `3 ${unit} are ${expected} bytes`,
});
test(isSize, 'b', 3);
test(isSize, 'bytes', 3);
test(isSize, 'KB', 3000);
test(isSize, 'k', 3 * 1024);
test(isSize, 'KiB', 3 * 1024);
test(isSize, 'mib', 3 * 1024 ** 2);
test(isSize, 'GB', 3e9);
test(isSize, 'T', 3 * 1024 ** 4);
test(isSize, 'PiB', 3 * 1024 ** 5);

test('a size without a unit is in the one that libvirt means there', t => {
  t.is(sizeIn('<memory> 5 </memory>'), 5 * 1024);
  t.is(sizeIn('<memory>5</memory>', 'bytes'), 5);
});

test('no element, no size', t => {
  t.is(bytesOf(undefined, 'bytes'), undefined);
});

for (const xml of ["<memory unit='ells'>5</memory>", "<memory unit='ki'>5</memory>", '<memory>much</memory>']) {
  test(`${xml} is refused`, t => {
    t.throws(() => sizeIn(xml), {instanceOf: XmlError, code: 'INVALID_VALUE'});
  });
}
