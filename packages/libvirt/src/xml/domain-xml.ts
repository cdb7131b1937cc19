import type {Document, Element} from '@xmldom/xmldom';
import {DiskXml} from './disk-xml.ts';
import {InterfaceXml} from './interface-xml.ts';
import {
  append,
  attribute,
  child,
  children,
  ensureChild,
  parseXml,
  removeElement,
  serializeXml,
  setText,
  textOf,
} from './xml-elements.ts';
import {XmlError} from './xml-error.ts';
import {bytesOf} from './xml-size.ts';

/** Files on the host that a domain boots from, and how. */
export interface BootFiles {
  readonly firmware: string | undefined;
  readonly loader: string | undefined;
  /** Where the domain keeps its UEFI variables. */
  readonly nvram: string | undefined;
  readonly kernel: string | undefined;
  readonly initrd: string | undefined;
  readonly cmdline: string | undefined;
}

/** A device of the host that a domain has to itself. */
export interface HostDevice {
  /** As in `pci`, `usb`, `scsi`, `mdev`. */
  readonly type: string;
  /** Where it is on the host: `0000:03:00.0`, `1d6b:0002`, a UUID; undefined for kinds that say it otherwise. */
  readonly address: string | undefined;
}

/** A channel between host and guest, as the guest agent has one. */
export interface Channel {
  readonly type: string;
  /** The name the guest sees, as in `org.qemu.guest_agent.0`. */
  readonly name: string | undefined;
  /** Whether somebody in the guest holds it open; known only while the domain runs. */
  readonly state: 'connected' | 'disconnected' | undefined;
}

const agentChannel = 'org.qemu.guest_agent.0';

/**
 * A domain's definition. Reading it names what is there; changing it touches only what is meant, and everything else
 * (comments, foreign namespaces, elements newer than this client) stays as it was.
 *
 *     const definition = DomainXml.parse(await domain.xml({flags: ['inactive']}));
 *     definition.interface('52:54:00:12:34:56')?.setNetwork('lan');
 *     await connection.domains.define(definition.toString());
 */
export class DomainXml {
  readonly document: Document;
  /** The `<domain>`, for what is not covered here. */
  readonly element: Element;

  /** @throws {XmlError} `NOT_XML` or `WRONG_ROOT`. */
  static parse(xml: string): DomainXml {
    const {document, root} = parseXml(xml, 'domain');
    return new DomainXml(document, root);
  }

  private constructor(document: Document, element: Element) {
    this.document = document;
    this.element = element;
  }

  /** As in `qemu`, `kvm`. */
  get type(): string {
    return attribute(this.element, 'type') ?? '';
  }

  get name(): string {
    return textOf(this.element, 'name') ?? '';
  }

  set name(name: string) {
    setText(this.element, 'name', name);
  }

  /** Undefined in a definition that leaves the choice to libvirt. */
  get uuid(): string | undefined {
    return textOf(this.element, 'uuid');
  }

  set uuid(uuid: string | undefined) {
    setText(this.element, 'uuid', uuid);
  }

  get title(): string | undefined {
    return textOf(this.element, 'title');
  }

  set title(title: string | undefined) {
    setText(this.element, 'title', title);
  }

  get description(): string | undefined {
    return textOf(this.element, 'description');
  }

  set description(description: string | undefined) {
    setText(this.element, 'description', description);
  }

  get memoryKib(): number | undefined {
    return kibOf(child(this.element, 'memory'));
  }

  /** What the balloon leaves of it; all of it where nothing is said. */
  get currentMemoryKib(): number | undefined {
    return kibOf(child(this.element, 'currentMemory')) ?? this.memoryKib;
  }

  /** The most it can have. */
  get vcpus(): number {
    return Number(textOf(this.element, 'vcpu') ?? 1);
  }

  get arch(): string | undefined {
    return attribute(child(this.element, 'os', 'type'), 'arch');
  }

  /** As in `pc-q35-7.2`. */
  get machine(): string | undefined {
    return attribute(child(this.element, 'os', 'type'), 'machine');
  }

  get emulator(): string | undefined {
    return textOf(this.element, 'devices', 'emulator');
  }

  get boot(): BootFiles {
    const os = child(this.element, 'os');
    return {
      firmware: attribute(os, 'firmware'),
      loader: textOf(os, 'loader'),
      nvram: nvramOf(child(os, 'nvram')),
      kernel: textOf(os, 'kernel'),
      initrd: textOf(os, 'initrd'),
      cmdline: textOf(os, 'cmdline'),
    };
  }

  /** Disks, drives and LUNs in their order. */
  get disks(): DiskXml[] {
    return this.#devices('disk').map(element => new DiskXml(element));
  }

  /** The disk of that target, as in `vda`. */
  disk(target: string): DiskXml | undefined {
    return this.disks.find(disk => disk.target === target);
  }

  get interfaces(): InterfaceXml[] {
    return this.#devices('interface').map(element => new InterfaceXml(element));
  }

  /** The interface with that MAC address. */
  interface(mac: string): InterfaceXml | undefined {
    return this.interfaces.find(one => one.mac?.toLowerCase() === mac.toLowerCase());
  }

  get hostDevices(): HostDevice[] {
    return this.#devices('hostdev').map(element => ({
      type: attribute(element, 'type') ?? '',
      address: hostAddress(child(element, 'source')),
    }));
  }

  get channels(): Channel[] {
    return this.#devices('channel').map(element => {
      const target = child(element, 'target');
      return {
        type: attribute(element, 'type') ?? '',
        name: attribute(target, 'name'),
        state: attribute(target, 'state') as Channel['state'],
      };
    });
  }

  /** The channel of the guest agent: whether a guest may have an agent, and while it runs, whether it has. */
  get agentChannel(): Channel | undefined {
    return this.channels.find(({name}) => name === agentChannel);
  }

  /** The kind of a virtual TPM, as in `emulator`. */
  get tpm(): string | undefined {
    return attribute(child(this.element, 'devices', 'tpm', 'backend'), 'type');
  }

  /** The metadata element of an XML namespace, as text. */
  metadata(uri: string): string | undefined {
    const element = this.#metadataOf(uri);
    return element === undefined ? undefined : serializeXml(element);
  }

  /**
   * Sets the metadata of a namespace, or removes it. The XML is one element of that namespace.
   * @throws {XmlError} when it is not.
   */
  setMetadata(uri: string, xml: string | undefined): void {
    const old = this.#metadataOf(uri);
    if (old !== undefined) {
      removeElement(old);
    }
    if (xml === undefined) {
      return;
    }
    const {root} = parseXml(`<metadata>${xml}</metadata>`, 'metadata');
    const added = [...root.childNodes].filter(({nodeType}) => nodeType === 1) as Element[];
    const [first] = added;
    if (first === undefined || added.length > 1 || first.namespaceURI !== uri) {
      throw new XmlError('INVALID_VALUE', `The metadata is not one element of the namespace ${uri}`, {
        hint: `Write <prefix:name xmlns:prefix="${uri}">...</prefix:name>.`,
      });
    }
    append(ensureChild(this.element, 'metadata'), this.document.importNode(first, true));
  }

  /** The definition as text. */
  toString(): string {
    return serializeXml(this.document);
  }

  #devices(name: string): Element[] {
    return children(child(this.element, 'devices'), name);
  }

  #metadataOf(uri: string): Element | undefined {
    const nodes = [...(child(this.element, 'metadata')?.childNodes ?? [])] as Element[];
    return nodes.find(node => node.nodeType === 1 && node.namespaceURI === uri);
  }
}

/** A path as its text, or since libvirt 8.5 as a source like that of a disk. */
function nvramOf(nvram: Element | undefined): string | undefined {
  const source = child(nvram, 'source');
  return source === undefined
    ? nvram?.textContent || undefined
    : (attribute(source, 'file') ?? attribute(source, 'dev'));
}

function kibOf(element: Element | undefined): number | undefined {
  const bytes = bytesOf(element, 'KiB');
  return bytes === undefined ? undefined : Math.ceil(bytes / 1024);
}

function hostAddress(source: Element | undefined): string | undefined {
  const address = child(source, 'address');
  const part = (name: string): string => (attribute(address, name) ?? '0').replace(/^0x/, '');
  const vendor = attribute(child(source, 'vendor'), 'id');
  const product = attribute(child(source, 'product'), 'id');
  if (vendor !== undefined && product !== undefined) {
    return [vendor, product].map(id => id.replace(/^0x/, '')).join(':');
  }
  if (attribute(address, 'uuid') !== undefined) {
    return attribute(address, 'uuid');
  }
  return attribute(address, 'slot') === undefined
    ? undefined
    : `${part('domain').padStart(4, '0')}:${part('bus').padStart(2, '0')}:${part('slot').padStart(2, '0')}.${part('function')}`;
}
