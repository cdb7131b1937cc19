import type {Element} from '@xmldom/xmldom';
import {attribute, child, ensureChild, removeElement, setAttribute} from './xml-elements.ts';

/** Attributes of `<source>` that belong to one kind of connection only. */
const whereabouts = ['network', 'bridge', 'dev', 'mode', 'portgroup', 'portid'];

/** An `<interface>`: read it, connect it elsewhere, take it out. */
export class InterfaceXml {
  /** For what is not covered here. */
  readonly element: Element;

  constructor(element: Element) {
    this.element = element;
  }

  /** As in `network`, `bridge`, `direct`, `user`. */
  get type(): string {
    return attribute(this.element, 'type') ?? '';
  }

  get mac(): string | undefined {
    return attribute(child(this.element, 'mac'), 'address');
  }

  /** The libvirt network it is on, for the type `network`. */
  get network(): string | undefined {
    return this.#source('network');
  }

  get portgroup(): string | undefined {
    return this.#source('portgroup');
  }

  /** The host's bridge: of the type `bridge`, or of a running one on a network. */
  get bridge(): string | undefined {
    return this.#source('bridge');
  }

  /** The host's device behind it, for the type `direct`. */
  get device(): string | undefined {
    return this.#source('dev');
  }

  /** The host's end of it, as in `vnet0`; set while the domain runs. */
  get target(): string | undefined {
    return attribute(child(this.element, 'target'), 'dev');
  }

  /** As in `virtio`. */
  get model(): string | undefined {
    return attribute(child(this.element, 'model'), 'type');
  }

  setNetwork(network: string, {portgroup}: {readonly portgroup?: string | undefined} = {}): void {
    this.#connect('network', {network, portgroup});
  }

  setBridge(bridge: string): void {
    this.#connect('bridge', {bridge});
  }

  setMac(mac: string): void {
    ensureChild(this.element, 'mac').setAttribute('address', mac);
  }

  /** Takes the interface out of the domain. */
  remove(): void {
    removeElement(this.element);
  }

  #source(name: string): string | undefined {
    return attribute(child(this.element, 'source'), name);
  }

  #connect(type: string, where: Readonly<Record<string, string | undefined>>): void {
    this.element.setAttribute('type', type);
    const source = ensureChild(this.element, 'source');
    for (const name of whereabouts) {
      setAttribute(source, name, where[name]);
    }
  }
}
