import {DOMParser, type Document, type Element} from '@xmldom/xmldom';

/** Parses libvirt's XML. Throws a `SyntaxError` on what is not XML. */
export function xmlDocument(xml: string): Document {
  const parser = new DOMParser({
    onError: (level, message) => {
      if (level !== 'warning') throw new SyntaxError(message);
    },
  });
  try {
    return parser.parseFromString(xml, 'text/xml');
  } catch (error) {
    throw new SyntaxError(`Not XML: ${error instanceof Error ? error.message : String(error)}`, {cause: error});
  }
}

/** Child elements of that name. */
export function children(parent: Element | undefined, name: string): Element[] {
  if (!parent) return [];
  return Array.from(parent.childNodes).filter(
    (node): node is Element => node.nodeType === 1 && (node as Element).tagName === name,
  );
}

export function child(parent: Element | undefined, name: string): Element | undefined {
  return children(parent, name)[0];
}

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

/** The root element of a document, which must be called `name`. */
export function rootOf(xml: string, name: string): Element {
  const root = xmlDocument(xml).documentElement;
  if (root?.tagName === name) return root;
  throw new SyntaxError(`Not the XML of a ${name}`);
}
