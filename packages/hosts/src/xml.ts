import {child, parseXml} from '@dr-toolkit/libvirt';
import type {Element} from '@xmldom/xmldom';

/** The outermost element of a document, which must be called `name`. @throws {XmlError} */
export function rootOf(xml: string, name: string): Element {
  return parseXml(xml, name).root;
}

/** The trimmed text of a child element; undefined where there is none. */
export function text(parent: Element | undefined, name: string): string | undefined {
  return child(parent, name)?.textContent?.trim() || undefined;
}

/** A size with libvirt's `unit` attribute, in bytes. */
export function bytesOf(element: Element | undefined, unitDefault: 'bytes' | 'KiB'): number {
  if (!element) return 0;
  const unit = element.getAttribute('unit') ?? unitDefault;
  const power = ['', 'k', 'm', 'g', 't', 'p'].indexOf(unit.toLowerCase().replace(/i?b$|b?ytes?$/u, ''));
  const factor = /^[kmgtp]b$/iu.test(unit) ? 1000 : 1024;
  return Number(element.textContent?.trim() ?? 0) * (power < 1 ? 1 : factor ** power);
}
