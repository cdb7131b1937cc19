import type {GuestRecord} from './lab-record.ts';

/** Where a host of the lab keeps what its guests boot from. */
export const bootFolder = '/var/lib/libvirt/boot';
export const imagesFolder = '/var/lib/libvirt/images';
export const networkName = 'lan';
const poolName = 'default';

/**
 * A guest's definition. It is emulated (`type='qemu'`): a lab must run inside virtual machines too, where KVM is often
 * missing, and sometimes there but broken. Its kernel and first file system lie on the host's own disk, on every host.
 */
export function domainXml(guest: Pick<GuestRecord, 'name' | 'uuid' | 'mac'>, {memoryMib}: {memoryMib: number}): string {
  const {name, uuid, mac} = guest;
  return `<domain type='qemu'>
  <name>${name}</name>
  <uuid>${uuid}</uuid>
  <memory unit='MiB'>${memoryMib}</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>${bootFolder}/vmlinux</kernel>
    <initrd>${bootFolder}/initrd</initrd>
    <cmdline>root=/dev/vda console=ttyS0 quiet mitigations=off panic=1</cmdline>
  </os>
  <features><acpi/></features>
  <clock offset='utc'/>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' discard='unmap'/>
      <source file='${imagesFolder}/${name}.qcow2'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <controller type='usb' model='none'/>
    <interface type='network'>
      <mac address='${mac}'/>
      <source network='${networkName}'/>
      <model type='virtio'/>
    </interface>
    <serial type='pty'><log file='/var/log/libvirt/qemu/${name}-console.log' append='on'/></serial>
    <console type='pty'><target type='serial' port='0'/></console>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <memballoon model='virtio'/>
  </devices>
</domain>
`;
}

/** Guests of all hosts are on one network: the lab's bridge, which each host's br0 is joined to. */
export function networkXml(): string {
  return `<network>
  <name>${networkName}</name>
  <forward mode='bridge'/>
  <bridge name='br0'/>
</network>
`;
}

export function poolXml(): string {
  return `<pool type='dir'>
  <name>${poolName}</name>
  <target><path>${imagesFolder}</path></target>
</pool>
`;
}
