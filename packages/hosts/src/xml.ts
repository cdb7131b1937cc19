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
