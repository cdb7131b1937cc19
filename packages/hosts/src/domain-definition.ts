import {bytesOf, child, children} from '@dr-toolkit/libvirt';
import type {Element} from '@xmldom/xmldom';

import {claimIn} from './claim.ts';
import type {DiskReading, DomainReading, HostFileReading, InterfaceReading} from './reading.ts';
import {rootOf, text} from './xml.ts';

/** What a definition says by itself, before anybody looked at the host. */
export type DomainDefinition = Pick<
  DomainReading,
  | 'name'
  | 'uuid'
  | 'title'
  | 'claim'
  | 'virtType'
  | 'arch'
  | 'machine'
  | 'vcpus'
  | 'memoryBytes'
  | 'interfaces'
  | 'hostDevices'
  | 'hostFiles'
  | 'tpm'
> & {readonly disks: readonly DiskDefinition[]; readonly emulator?: string; readonly agentChannel: 'yes' | 'no'};

export type DiskDefinition = Omit<
  DiskReading,
  'capacityBytes' | 'allocationBytes' | 'lengthBytes' | 'blockJob' | 'compat'
>;

/** Reads a domain's XML as libvirt prints it. */
export function domainDefinition(xml: string): DomainDefinition {
  const root = rootOf(xml, 'domain');
  const devices = child(root, 'devices');
  const os = child(root, 'os');
  const type = child(os, 'type');
  const title = text(root, 'title');
  const claim = claimIn(root);
  const emulator = text(devices, 'emulator');
  const tpm = child(child(devices, 'tpm'), 'backend')?.getAttribute('type');
  return {
    name: text(root, 'name') ?? '',
    uuid: text(root, 'uuid') ?? '',
    ...(title !== undefined && {title}),
    ...(claim && {claim}),
    virtType: root.getAttribute('type') ?? '',
    arch: type?.getAttribute('arch') ?? '',
    machine: type?.getAttribute('machine') ?? '',
    vcpus: Number(text(root, 'vcpu') ?? 1),
    memoryBytes: bytesOf(child(root, 'memory'), 'KiB') ?? 0,
    ...(emulator !== undefined && {emulator}),
    ...((tpm === 'emulator' || tpm === 'passthrough' || tpm === 'external') && {tpm}),
    agentChannel: children(devices, 'channel').some(isAgentChannel) ? 'yes' : 'no',
    disks: children(devices, 'disk').map(diskOf).toSorted(by('target')),
    interfaces: children(devices, 'interface').map(interfaceOf).toSorted(by('mac')),
    hostDevices: devices ? hostDevicesOf(devices) : [],
    hostFiles: hostFilesOf(os, devices),
  };
}

function diskOf(disk: Element): DiskDefinition {
  const source = child(disk, 'source');
  const driver = child(disk, 'driver');
  const device = disk.getAttribute('device') ?? 'disk';
  const path = source?.getAttribute('file') ?? source?.getAttribute('dev') ?? undefined;
  const pool = source?.getAttribute('pool') ?? undefined;
  const volume = source?.getAttribute('volume') ?? undefined;
  const format = driver?.getAttribute('type') ?? undefined;
  const encryption = child(source, 'encryption') ?? child(disk, 'encryption');
  return {
    target: child(disk, 'target')?.getAttribute('dev') ?? '',
    device: device === 'cdrom' || device === 'floppy' || device === 'lun' ? device : 'disk',
    type: disk.getAttribute('type') ?? 'file',
    ...(path !== undefined && {path}),
    ...(pool !== undefined && {pool}),
    ...(volume !== undefined && {volume}),
    ...(format !== undefined && {format}),
    readonly: child(disk, 'readonly') !== undefined,
    shareable: child(disk, 'shareable') !== undefined,
    ...(encryption && {secret: child(encryption, 'secret')?.getAttribute('uuid') ?? ''}),
    backingPaths: backingPathsOf(disk),
  };
}

function backingPathsOf(disk: Element): string[] {
  const paths: string[] = [];
  for (let store = child(disk, 'backingStore'); store; store = child(store, 'backingStore')) {
    const source = child(store, 'source');
    const path = source?.getAttribute('file') ?? source?.getAttribute('dev');
    if (path) paths.push(path);
  }
  return paths;
}

function interfaceOf(element: Element): InterfaceReading {
  const from = child(element, 'source');
  // A running domain shows what its network came to: a bridge, say. What it was given is the network.
  const type = from?.hasAttribute('network') ? 'network' : (element.getAttribute('type') ?? '');
  const source =
    from?.getAttribute('network') ?? from?.getAttribute('bridge') ?? from?.getAttribute('dev') ?? undefined;
  const model = child(element, 'model')?.getAttribute('type') ?? undefined;
  return {
    mac: (child(element, 'mac')?.getAttribute('address') ?? '').toLowerCase(),
    type,
    ...(source !== undefined && {source}),
    ...(model !== undefined && {model}),
  };
}

function hostDevicesOf(devices: Element): string[] {
  const passed = children(devices, 'hostdev').map(device => {
    const address = child(child(device, 'source'), 'address');
    return `${device.getAttribute('type') ?? 'device'} ${address ? addressText(address) : ''}`.trim();
  });
  const nics = children(devices, 'interface')
    .filter(nic => nic.getAttribute('type') === 'hostdev')
    .map(nic => `network card ${child(nic, 'mac')?.getAttribute('address') ?? ''}`.trim());
  const folders = children(devices, 'filesystem').map(folder =>
    `shared folder ${child(folder, 'source')?.getAttribute('dir') ?? ''}`.trim(),
  );
  const shared = children(devices, 'shmem').map(memory => `shared memory ${memory.getAttribute('name') ?? ''}`.trim());
  return [...passed, ...nics, ...folders, ...shared].toSorted();
}

function addressText(address: Element): string {
  const part = (name: string) => address.getAttribute(name)?.replace(/^0x/u, '');
  if (part('slot') === undefined) return [part('bus'), part('device')].filter(Boolean).join(':');
  return `${part('domain') ?? '0000'}:${part('bus')}:${part('slot')}.${part('function') ?? '0'}`;
}

function hostFilesOf(os: Element | undefined, devices: Element | undefined): HostFileReading[] {
  const files: HostFileReading[] = [];
  const add = (path: string | null | undefined, purpose: HostFileReading['purpose']) => {
    if (path) files.push({path, purpose});
  };
  add(text(os, 'kernel'), 'kernel');
  add(text(os, 'initrd'), 'initrd');
  add(text(os, 'dtb'), 'dtb');
  add(text(os, 'loader'), 'loader');
  const nvram = child(os, 'nvram');
  add(nvram?.textContent?.trim() || child(nvram, 'source')?.getAttribute('file'), 'nvram');
  add(nvram?.getAttribute('template'), 'nvram-template');
  for (const disk of children(devices, 'disk')) {
    const device = disk.getAttribute('device');
    if (device === 'cdrom' || device === 'floppy') add(child(disk, 'source')?.getAttribute('file'), device);
  }
  return files.toSorted(by('path'));
}

function isAgentChannel(channel: Element): boolean {
  return child(channel, 'target')?.getAttribute('name') === 'org.qemu.guest_agent.0';
}

function by<K extends string>(key: K) {
  return (a: Readonly<Record<K, string>>, b: Readonly<Record<K, string>>) =>
    a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : 0;
}
