import type {LabAddresses} from './addresses.ts';
import type {HostFolder} from './lab-folder.ts';
import type {HostRecord} from './lab-record.ts';

/** The texts a host of the lab is made of. Pure: what they are written to is decided elsewhere. */

export function libvirtdConf(host: Pick<HostRecord, 'uuid' | 'address'>): string {
  return `# A host of a lab. Without authentication: nobody but the lab can reach it.
host_uuid = "${host.uuid}"
listen_tls = 0
listen_tcp = 1
listen_addr = "${host.address}"
auth_tcp = "none"
auth_unix_ro = "none"
auth_unix_rw = "none"
max_anonymous_clients = 100
log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
`;
}

export function qemuConf(host: Pick<HostRecord, 'address'>): string {
  return `user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
stdio_handler = "file"
migration_address = "${host.address}"
`;
}

export function sshdConfig(folder: HostFolder): string {
  return `Port 22
HostKey ${folder.ssh}/ssh_host_ed25519_key
PidFile /run/sshd.pid
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
PrintMotd no
MaxStartups 100
MaxSessions 100
`;
}

/** Every host of the lab by name, and the machine that runs it as `controller`. */
export function hostsFile(lab: LabAddresses, hosts: readonly HostRecord[]): string {
  const lines = hosts.map(host => `${host.address} ${host.name}`);
  return ['127.0.0.1 localhost', '::1 localhost', `${lab.controller} controller`, ...lines, ''].join('\n');
}

/** Accounts without password; an account that is *locked* would be refused by sshd even with the right key. */
export function shadowFile(machineShadow: string): string {
  return machineShadow.replaceAll(/^([^:]+):[^:]*:/gmu, '$1:*:');
}

/** The machine's accounts or groups, with those that libvirt insists on even when it runs QEMU as root. */
export function withQemuAccount(kind: 'passwd' | 'group', machineText: string): string {
  if (/^libvirt-qemu:/mu.test(machineText)) return machineText;
  const tail = kind === 'passwd' ? '64055:64055:Libvirt Qemu:/var/lib/libvirt:/usr/sbin/nologin' : '64055:';
  return `${machineText.trimEnd()}\nlibvirt-qemu:x:${tail}\n`;
}

/**
 * What pid 1 of a host runs. It first says where it is ("here PID") and waits for a line: whoever started it writes
 * down its pid before that line, and if it never comes, pid 1 ends without having made anything. It says "up" when
 * sshd and libvirtd answer. Then it stays, and lets the shell reap whatever is orphaned to it: libvirt waits 40 s for
 * each QEMU probe that remains a zombie.
 */
export function bootScript(lab: LabAddresses, host: HostRecord, folder: HostFolder): string {
  return `#!/bin/sh
set -eu
read -r pid rest < /proc/self/stat
echo "here $pid"
read -r go
exec 3>&1 >>${folder.bootLog} 2>&1 < /dev/null

echo ${host.name} > /proc/sys/kernel/hostname
mount -t proc proc /proc
mount -t sysfs sysfs /sys
# A probe of a half-working KVM can hang. A file that cannot be written says at once that there is none; if libvirt
# could open it, it would probe QEMU anew for every domain that starts.
if [ -e /dev/kvm ]; then
  mount --bind ${folder.etc}/no-kvm /dev/kvm
  mount -o remount,bind,ro /dev/kvm
fi

# The host's one disk holds all that libvirt keeps, so that a full disk is full for definitions and logs too.
disk=${folder.path}/disk
mount -o loop,discard ${folder.disk} $disk
for place in lib/images lib/boot cache log/qemu etc; do mkdir -p $disk/$place; done
cp -f ${folder.etc}/libvirtd.conf ${folder.etc}/qemu.conf $disk/etc/
# libvirtd makes these folders when it first runs on a machine; they are needed a moment earlier.
mkdir -p /var/lib/libvirt /var/cache/libvirt /var/log/libvirt /etc/libvirt
# A container may come without it, and a file is mounted only over a file.
[ -e /etc/hosts ] || : > /etc/hosts
mount --bind $disk/lib /var/lib/libvirt
mount --bind $disk/cache /var/cache/libvirt
mount --bind $disk/log /var/log/libvirt
mount --bind $disk/etc /etc/libvirt
umount $disk
for file in hosts passwd group shadow; do mount --bind ${folder.etc}/$file /etc/$file; done
mount --bind ${folder.root} /root
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/sshd /run/libvirt /run/lock

ip link set lo up
ip link add name br0 address ${host.mac} type bridge forward_delay 0
ip link set eth0 master br0
ip link set eth0 up
ip link set br0 up
ip address add ${host.address}/24 broadcast + dev br0
ip route add default via ${lab.controller}

export HOME=/root USER=root LOGNAME=root LANG=C.UTF-8
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
cd /
/usr/sbin/sshd -f ${folder.ssh}/sshd_config
libvirtd --listen --daemon --pid-file /run/libvirt/libvirtd.pid
echo up >&3
exec 3>&-
while :; do
  sleep infinity &
  wait $!
done
`;
}
