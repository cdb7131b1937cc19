import {child, parseXml, serializeXml} from '@dr-toolkit/libvirt';
import type {Element} from '@xmldom/xmldom';

/** The XML namespace of dr's element in a domain's metadata. */
export const claimNamespace = 'urn:dr-toolkit:claim';
/** The prefix that libvirt writes it with. */
export const claimPrefix = 'dr';

/**
 * What a run leaves in a domain's own metadata while it acts on the domain, so that a controller elsewhere, with a store
 * of its own, keeps its hands off.
 */
export interface Claim {
  readonly run: string;
  /** Who runs it: host, process and epoch. */
  readonly controller: string;
  /** Grows with every attempt of that run: a smaller one must not act any more. */
  readonly token: number;
  /** ISO 8601, by the controller's clock. Past it the claim is expired, not void. */
  readonly until: string;
}

/** The claim in a domain's definition. One that cannot be read is still a claim: of nobody known, without an end. */
export function claimIn(domain: Element | undefined): Claim | undefined {
  const element = claimElement(domain);
  return element && claimOf(element);
}

function claimOf(element: Element): Claim {
  const of = (name: string) => element.getAttribute(name) ?? '';
  return {
    run: of('run') || 'unknown',
    controller: of('controller') || 'unknown',
    token: Number.parseInt(of('token'), 10) || 0,
    until: of('until'),
  };
}

/** The claim as libvirt takes it: one element without a namespace of its own. */
export function claimXml({run, controller, token, until}: Claim): string {
  const {root} = parseXml('<claim/>', 'claim');
  for (const [name, value] of Object.entries({run, controller, token: String(token), until})) {
    root.setAttribute(name, value);
  }
  return serializeXml(root);
}

/** A claim as libvirt hands it out: that element, without its namespace again. */
export function parsedClaim(xml: string): Claim {
  return claimOf(parseXml(xml).root);
}

/** A definition with that claim in it, or with none. */
export function withClaim(xml: string, claim: Claim | undefined): string {
  const {document, root} = parseXml(xml, 'domain');
  const old = claimElement(root);
  old?.parentNode?.removeChild(old);
  const metadata = child(root, 'metadata') ?? (claim && document.createElement('metadata'));
  if (claim && metadata) {
    root.appendChild(metadata);
    const element = document.createElementNS(claimNamespace, `${claimPrefix}:claim`);
    for (const [name, value] of Object.entries(claim)) element.setAttribute(name, String(value));
    metadata.appendChild(element);
  } else if (metadata?.childNodes.length === 0) {
    root.removeChild(metadata);
  }
  return serializeXml(document);
}

function claimElement(domain: Element | undefined): Element | undefined {
  const metadata = child(domain, 'metadata');
  if (!metadata) return undefined;
  return Array.from(metadata.childNodes).find(
    (node): node is Element => node.nodeType === 1 && (node as Element).namespaceURI === claimNamespace,
  );
}
