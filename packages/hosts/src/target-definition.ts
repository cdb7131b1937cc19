import {child, children, parseXml, serializeXml} from '@dr-toolkit/libvirt';
import type {Element} from '@xmldom/xmldom';

/** What must read differently on the target. What is not named stays as it is, also what dr does not understand. */
export interface DefinitionChanges {
  /** By disk target (`vda`). */
  readonly disks?: Readonly<Record<string, DiskPlace>>;
  /** By MAC address, lower case. */
  readonly interfaces?: Readonly<Record<string, {readonly type: 'network' | 'bridge'; readonly source: string}>>;
  /** Disks that take runs of zeros as holes while they are written, by target. */
  readonly sparseDisks?: readonly string[];
}

export type DiskPlace = {readonly path: string} | {readonly pool: string; readonly volume: string};

/** A domain's definition as it shall stand on another host. */
export function targetDefinition(
  xml: string,
  {disks = {}, interfaces = {}, sparseDisks = []}: DefinitionChanges,
): string {
  const {document, root} = parseXml(xml, 'domain');
  const devices = child(root, 'devices');
  for (const disk of children(devices, 'disk')) {
    const target = child(disk, 'target')?.getAttribute('dev') ?? '';
    const place = disks[target];
    if (place) placeDisk(disk, place);
    if (sparseDisks.includes(target)) detectZeroes(disk);
  }
  for (const nic of children(devices, 'interface')) {
    const plug = interfaces[child(nic, 'mac')?.getAttribute('address')?.toLowerCase() ?? ''];
    if (plug) plugIn(nic, plug);
  }
  return serializeXml(document);
}

/** The copy stands by itself, so what lay below the old file is named no longer. */
function placeDisk(disk: Element, place: DiskPlace): void {
  for (const name of ['backingStore', 'mirror']) for (const gone of children(disk, name)) disk.removeChild(gone);
  const source = child(disk, 'source');
  if (!source) return;
  for (const name of ['file', 'dev', 'pool', 'volume', 'index']) source.removeAttribute(name);
  if ('path' in place) {
    // A device is never copied: it is the same one, under the name that it has there.
    const [type, attribute] = disk.getAttribute('type') === 'block' ? ['block', 'dev'] : ['file', 'file'];
    disk.setAttribute('type', type);
    source.setAttribute(attribute, place.path);
  } else {
    disk.setAttribute('type', 'volume');
    source.setAttribute('pool', place.pool);
    source.setAttribute('volume', place.volume);
  }
}

function detectZeroes(disk: Element): void {
  const driver = child(disk, 'driver');
  driver?.setAttribute('discard', 'unmap');
  driver?.setAttribute('detect_zeroes', 'unmap');
}

function plugIn(nic: Element, {type, source: name}: {type: 'network' | 'bridge'; source: string}): void {
  nic.setAttribute('type', type);
  const source = child(nic, 'source');
  if (!source) return;
  for (const attribute of ['network', 'bridge', 'portid', 'portgroup', 'dev', 'mode'])
    source.removeAttribute(attribute);
  source.setAttribute(type, name);
}
