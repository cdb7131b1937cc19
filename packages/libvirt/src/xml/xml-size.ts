import type {Element} from '@xmldom/xmldom';

import {attribute} from './xml-elements.ts';
import {XmlError} from './xml-error.ts';

const prefixes = 'kmgtpe';

/**
 * The bytes that an element such as `<memory unit='MiB'>512</memory>` stands for; undefined where there is none. `KB` is
 * 1000 bytes, `k` and `KiB` are 1024, in whatever case; without a unit libvirt means `unitDefault`.
 * @throws {XmlError} `INVALID_VALUE`
 */
export function bytesOf(element: Element | undefined, unitDefault: 'bytes' | 'KiB'): number | undefined {
  if (element === undefined) {
    return undefined;
  }
  const unit = attribute(element, 'unit') ?? unitDefault;
  const size = Number(element.textContent);
  const bytes = unitBytes(unit);
  if (bytes === undefined || !Number.isFinite(size)) {
    throw new XmlError('INVALID_VALUE', `${element.textContent} ${unit} is no size`, {
      hint: 'Write a number with one of the units bytes, KB, KiB, MB, MiB, GB, GiB, TB, TiB, PB, PiB, EB, EiB.',
    });
  }
  return size * bytes;
}

function unitBytes(unit: string): number | undefined {
  const word = unit.toLowerCase();
  if (['b', 'byte', 'bytes'].includes(word)) {
    return 1;
  }
  const [, prefix = '', rest = ''] = /^([kmgtpe])(|b|ib)$/u.exec(word) ?? [];
  const power = prefixes.indexOf(prefix) + 1;
  return prefix === '' ? undefined : (rest === 'b' ? 1000 : 1024) ** power;
}
