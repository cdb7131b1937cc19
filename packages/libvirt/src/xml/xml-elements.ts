import {DOMParser, XMLSerializer, type Document, type Element, type Node} from '@xmldom/xmldom';
import {XmlError} from './xml-error.ts';

/**
 * Parses a document. Where `root` is given, that must be its outermost element.
 * @throws {XmlError} `NOT_XML` with what is wrong, or `WRONG_ROOT`.
 */
export function parseXml(xml: string, root?: string): {document: Document; root: Element} {
  const hint = root === undefined ? 'Pass what libvirt printed.' : `Pass what libvirt printed: <${root}>...</${root}>.`;
  const document = parseDocument(xml, hint);
  const found = document.documentElement;
  if (found === null || (root !== undefined && (found.localName !== root || found.namespaceURI !== null))) {
    throw new XmlError('WRONG_ROOT', `This is <${found?.tagName ?? ''}>, not <${root ?? ''}>`, {hint});
  }
  return {document, root: found};
}

function parseDocument(xml: string, hint: string): Document {
  const parser = new DOMParser({
    onError(level, message) {
      if (level !== 'warning') {
        throw new XmlError('NOT_XML', `This is not XML: ${message}`, {hint});
      }
    },
  });
  try {
    return parser.parseFromString(xml, 'text/xml');
  } catch (error) {
    throw error instanceof XmlError
      ? error
      : new XmlError('NOT_XML', `This is not XML: ${String(error)}`, {hint, cause: error});
  }
}

/** Writes a document or element. Elements and attributes that nobody changed stay as they were. */
export function serializeXml(node: Node): string {
  // Whoever reads a carriage return that is not escaped takes it for the end of a line.
  return new XMLSerializer().serializeToString(node).replaceAll('\r', '&#13;');
}

/** The child elements, of that name where one is given. Elements of foreign namespaces are not libvirt's. */
export function children(parent: Element | undefined, name?: string): Element[] {
  return [...(parent?.childNodes ?? [])].filter(
    (node): node is Element =>
      isElement(node) && node.namespaceURI === null && (name === undefined || node.localName === name),
  );
}

/** The first element at a path of names below `parent`: `child(domain, 'os', 'type')`. */
export function child(parent: Element | undefined, ...path: readonly string[]): Element | undefined {
  return path.reduce<Element | undefined>((at, name) => children(at, name)[0], parent);
}

/** The text of the first element at a path; undefined where there is none. */
export function textOf(parent: Element | undefined, ...path: readonly string[]): string | undefined {
  return child(parent, ...path)?.textContent ?? undefined;
}

export function attribute(element: Element | undefined, name: string): string | undefined {
  return element?.getAttribute(name) ?? undefined;
}

/** Sets an attribute; undefined removes it. */
export function setAttribute(element: Element, name: string, value: string | undefined): void {
  if (value === undefined) {
    element.removeAttribute(name);
  } else {
    element.setAttribute(name, value);
  }
}

/** The first child of that name, added at the end where there is none. */
export function ensureChild(parent: Element, name: string): Element {
  return child(parent, name) ?? append(parent, name);
}

/** Sets the text of the first child of that name; undefined removes the child. */
export function setText(parent: Element, name: string, text: string | undefined): void {
  if (text === undefined) {
    children(parent, name).forEach(removeElement);
  } else {
    ensureChild(parent, name).textContent = text;
  }
}

/** Removes an element, and the white space that set it apart from what comes before. */
export function removeElement(element: Element): void {
  const before = element.previousSibling;
  if (before?.nodeType === 3 && /^\s*$/.test(before.nodeValue ?? '')) {
    before.parentNode?.removeChild(before);
  }
  element.parentNode?.removeChild(element);
}

/** Appends an element, indented as its siblings are. */
export function append(parent: Element, element: string | Element): Element {
  const document = parent.ownerDocument;
  if (document === null) {
    throw new TypeError('The element belongs to no document');
  }
  const added = typeof element === 'string' ? document.createElement(element) : element;
  const sibling = children(parent).at(-1);
  const indent = sibling?.previousSibling?.nodeType === 3 ? sibling.previousSibling.nodeValue : null;
  const end = parent.lastChild?.nodeType === 3 ? parent.lastChild : null;
  if (indent !== null && /^\s*$/.test(indent)) {
    parent.insertBefore(document.createTextNode(indent), end);
  }
  parent.insertBefore(added, end);
  return added;
}

const isElement = (node: Node): node is Element => node.nodeType === 1;
