/**
 * What a guest of the lab consists of beside the kernel: busybox, the guest agent, and these texts. They are meant to
 * look like a small Debian machine from outside: the address stands in /etc/network/interfaces on its own disk.
 */
export interface GuestIdentity {
  readonly name: string;
  readonly address: string;
  readonly gateway: string;
}

/** Loaded before the root disk can be mounted; its file system is built into the kernel. */
export const modulesForBoot = ['virtio_pci', 'virtio_blk', 'virtio_net', 'virtio_console'] as const;
/** Loaded once the guest answers: the power button, and what makes its memory and its clock behave. */
export const modulesForLater = ['button', 'evdev', 'virtio_balloon', 'virtio_rng'] as const;

/** The first program, from memory: loads modules, mounts the root disk and goes there. */
export const initScript = `#!/bin/sh
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
while read module; do insmod /modules/$module; done < /modules/order
tries=0
while [ ! -b /dev/vda ] && [ $tries -lt 200 ]; do usleep 50000; tries=$((tries + 1)); done
if ! mount -t ext4 -o noatime /dev/vda /root; then echo "no root disk"; exec sh; fi
mount -t tmpfs -o mode=755 run /root/run
mkdir /root/run/modules
cp /later/* /root/run/modules/
for place in dev proc sys; do mount --move /$place /root/$place; done
exec switch_root /root /sbin/init
`;

export interface GuestFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/** Files that are the same in every guest. */
export const commonFiles: readonly GuestFile[] = [
  plain('etc/passwd', 'root::0:0:root:/root:/bin/sh\n'),
  plain('etc/group', 'root:x:0:\n'),
  plain('etc/hosts', '127.0.0.1 localhost\n'),
  plain(
    'etc/os-release',
    'PRETTY_NAME="Debian GNU/Linux (lab guest)"\nNAME="Debian GNU/Linux"\nID=debian\nVARIANT_ID=dr-lab\n',
  ),
  plain(
    'etc/inittab',
    `::sysinit:/etc/start
::respawn:/etc/counter
::respawn:/bin/httpd -f -p 80 -h /run/www
::respawn:/etc/agent
::once:/etc/later
::shutdown:/bin/sync
::ctrlaltdel:/sbin/reboot
ttyS0::askfirst:/bin/sh
`,
  ),
  program(
    'etc/start',
    `mkdir -p /run/www /run/network /dev/pts /dev/virtio-ports
mount -t devpts pts /dev/pts
mkfifo /run/tick
hostname -F /etc/hostname
ifup -a -f
for port in /sys/class/virtio-ports/*; do
  read name < $port/name && ln -s /dev/\${port##*/} /dev/virtio-ports/$name
done
echo "<h1>$(hostname)</h1><p><a href=/status>status</a></p>" > /run/www/index.html
`,
  ),
  // Not one process is started per round: under emulation a fork costs more than the wait. /data has the file
  // system's S flag, so that printf returns once the number is on the disk; \`1<>\` overwrites without emptying first.
  program(
    'etc/counter',
    `read host < /etc/hostname
read boot_id < /proc/sys/kernel/random/boot_id
count=0
[ -s /data/counter ] && read count < /data/counter
while [ "\${count#0}" != "$count" ]; do count=\${count#0}; done
count=\${count:-0}
exec 9<> /run/tick
while :; do
  count=$((count + 1))
  printf '%012d\\n' $count 1<> /data/counter
  read uptime idle < /proc/uptime
  printf '{"host":"%s","uptime":%10s,"boot_id":"%s","counter":%12d}\\n' $host $uptime $boot_id $count 1<> /run/www/status
  read -t 0.1 -u 9 nothing
done
`,
  ),
  program(
    'etc/agent',
    `port=/dev/virtio-ports/org.qemu.guest_agent.0
[ -e $port ] || exec sleep 3600
exec /usr/sbin/qemu-ga -m virtio-serial -p $port -t /run
`,
  ),
  program(
    'etc/later',
    `cd /run/modules
while read module; do insmod $module; done < order
exec acpid -f -c /etc/acpi -l /dev/null
`,
  ),
  program('etc/acpi/PWRF/00000080', 'exec poweroff\n'),
  program('sbin/shutdown', 'case " $* " in *" -r "*) exec reboot;; *) exec poweroff;; esac\n'),
];

/** Files that tell one guest from another. */
export function identityFiles({name, address, gateway}: GuestIdentity): readonly GuestFile[] {
  return [
    plain('etc/hostname', `${name}\n`),
    plain(
      'etc/network/interfaces',
      `auto lo
iface lo inet loopback

auto eth0
iface eth0 inet static
    address ${address}
    netmask 255.255.255.0
    gateway ${gateway}
`,
    ),
  ];
}

/** Folders that must be there although nothing lies in them. */
export const emptyFolders = [
  'dev',
  'proc',
  'sys',
  'run',
  'tmp',
  'root',
  'data',
  'var',
  'etc/network/if-pre-up.d',
  'etc/network/if-up.d',
  'etc/network/if-down.d',
  'etc/network/if-post-down.d',
] as const;

function plain(path: string, text: string): GuestFile {
  return {path, text, mode: 0o644};
}

function program(path: string, body: string): GuestFile {
  return {path, text: `#!/bin/sh\nexport PATH=/sbin:/bin:/usr/sbin:/usr/bin\n${body}`, mode: 0o755};
}
