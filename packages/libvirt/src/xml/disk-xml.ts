import type {Element} from '@xmldom/xmldom';
import {attribute, child, children, ensureChild, removeElement, setAttribute, textOf} from './xml-elements.ts';

/** Where a disk's bytes are. */
export type DiskSource =
  | {readonly type: 'file'; readonly file: string}
  | {readonly type: 'block'; readonly dev: string}
  | {readonly type: 'dir'; readonly dir: string}
  | {readonly type: 'volume'; readonly pool: string; readonly volume: string}
  | {readonly type: 'network'; readonly protocol: string; readonly name: string | undefined}
  /** A kind that is newer than this client; `Disk.element` has it all. */
  | {readonly type: 'other'; readonly name: string};

/** One image of a chain: what libvirt wrote into `<backingStore>`. */
export interface BackingImage {
  readonly source: DiskSource | undefined;
  readonly format: string | undefined;
}

/** Attributes that say where a source is, rather than how it is used. */
const whereabouts = ['file', 'dev', 'dir', 'pool', 'volume', 'mode', 'protocol', 'name', 'query', 'index'];
/** Elements that belong to one source: its servers, who one is there, which part or moment of it is meant. */
const ownElements = ['host', 'auth', 'cookies', 'slices', 'snapshot'];

/** A `<disk>`: read it, point it elsewhere, take it out. */
export class DiskXml {
  /** For what is not covered here. */
  readonly element: Element;

  constructor(element: Element) {
    this.element = element;
  }

  /** The name in the domain, as in `vda`. */
  get target(): string {
    return attribute(child(this.element, 'target'), 'dev') ?? '';
  }

  /** As in `virtio`, `sata`, `scsi`. */
  get bus(): string | undefined {
    return attribute(child(this.element, 'target'), 'bus');
  }

  get device(): 'disk' | 'cdrom' | 'floppy' | 'lun' {
    return (attribute(this.element, 'device') ?? 'disk') as 'disk' | 'cdrom' | 'floppy' | 'lun';
  }

  /** The image format, as in `qcow2`. */
  get format(): string | undefined {
    return attribute(child(this.element, 'driver'), 'type');
  }

  get readonly(): boolean {
    return child(this.element, 'readonly') !== undefined || this.device === 'cdrom';
  }

  /** Whether several domains may write to it at once. */
  get shareable(): boolean {
    return child(this.element, 'shareable') !== undefined;
  }

  get serial(): string | undefined {
    return textOf(this.element, 'serial');
  }

  /** Undefined for a drive without a medium. */
  get source(): DiskSource | undefined {
    return sourceOf(this.element);
  }

  /** The path of a file, block device or folder on the host. */
  get path(): string | undefined {
    const source = this.source;
    return source?.type === 'file'
      ? source.file
      : source?.type === 'block'
        ? source.dev
        : source?.type === 'dir'
          ? source.dir
          : undefined;
  }

  /** The images below the active one, nearest first. Empty while libvirt has not looked, as in an inactive definition. */
  get backingChain(): BackingImage[] {
    const chain: BackingImage[] = [];
    for (let at = child(this.element, 'backingStore'); at !== undefined; at = child(at, 'backingStore')) {
      if (attribute(at, 'type') !== undefined) {
        chain.push({source: sourceOf(at), format: attribute(child(at, 'format'), 'type')});
      }
    }
    return chain;
  }

  /**
   * Points the disk elsewhere, or takes the medium out of the drive. What is known about the old chain is dropped, and what
   * belongs to the old source (`<host>`, `<auth>`, `<slices>`); how a source is used (`<encryption>`, `<seclabel>`,
   * `startupPolicy`) stays.
   */
  setSource(source: Exclude<DiskSource, {type: 'other'}> | undefined): void {
    for (const name of ['backingStore', 'mirror']) {
      children(this.element, name).forEach(removeElement);
    }
    if (source === undefined) {
      children(this.element, 'source').forEach(removeElement);
      return;
    }
    const {type, ...where} = source;
    const element = ensureChild(this.element, 'source');
    this.element.setAttribute('type', type);
    for (const name of whereabouts) {
      element.removeAttribute(name);
    }
    for (const name of ownElements) {
      children(element, name).forEach(removeElement);
    }
    for (const [name, value] of Object.entries(where)) {
      setAttribute(element, name, value);
    }
  }

  setFormat(format: string): void {
    ensureChild(this.element, 'driver').setAttribute('type', format);
  }

  /** Takes the disk out of the domain. */
  remove(): void {
    removeElement(this.element);
  }
}

function sourceOf(element: Element): DiskSource | undefined {
  const source = child(element, 'source');
  const type = attribute(element, 'type') ?? 'file';
  const of = (name: string): string | undefined => attribute(source, name);
  const [file, dev, dir, pool, volume] = [of('file'), of('dev'), of('dir'), of('pool'), of('volume')];
  switch (type) {
    case 'file':
      return file === undefined ? undefined : {type, file};
    case 'block':
      return dev === undefined ? undefined : {type, dev};
    case 'dir':
      return dir === undefined ? undefined : {type, dir};
    case 'volume':
      return pool === undefined || volume === undefined ? undefined : {type, pool, volume};
    case 'network':
      return source === undefined ? undefined : {type, protocol: of('protocol') ?? '', name: of('name')};
    default:
      return source === undefined ? undefined : {type: 'other', name: type};
  }
}
