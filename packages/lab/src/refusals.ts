import {access, constants, glob, open} from 'node:fs/promises';
import {join} from 'node:path';
import {LabError} from './lab-error.ts';
import {asks, programFolders} from './run.ts';

/** Something this machine lacks for a lab, and what to do about it. */
export interface LabRefusal {
  readonly message: string;
  /** One imperative sentence. */
  readonly remedy: string;
}

/** Programs the lab runs, by the Debian package that brings each. */
const programs: Readonly<Record<string, readonly string[]>> = {
  'libvirt-daemon': ['libvirtd'],
  'qemu-system-x86': ['qemu-system-x86_64'],
  'qemu-utils': ['qemu-img'],
  'openssh-client': ['ssh', 'ssh-keygen'],
  'openssh-server': ['sshd'],
  iproute2: ['ip', 'tc', 'bridge'],
  'util-linux': ['unshare', 'nsenter', 'setpriv'],
  mount: ['mount', 'losetup'],
  e2fsprogs: ['mke2fs', 'debugfs', 'resize2fs', 'e2fsck'],
  'libc-bin': ['ldd'],
  dpkg: ['dpkg-deb'],
  apt: ['apt-get', 'apt-cache'],
  lz4: ['lz4'],
  zstd: ['zstd'],
  'xz-utils': ['xz'],
};

/** What libvirtd loads, by the Debian package that brings each. */
const drivers: Readonly<Record<string, string>> = {qemu: 'libvirt-daemon-driver-qemu'};

/** What Debian 13 took out of libvirt-daemon into packages of their own. */
const driversApart: Readonly<Record<string, string>> = {
  network: 'libvirt-daemon-driver-network',
  storage: 'libvirt-daemon-driver-storage',
};

/** Debian packages a machine needs for a lab, whatever its release. */
export const labPackages: readonly string[] = [...Object.keys(programs), ...Object.values(drivers)];

/** What the refusals look at; the machine itself unless told otherwise. */
export interface Machine {
  readonly isRoot: boolean;
  readonly architecture: string;
  hasProgram(name: string): Promise<boolean>;
  /** Whether libvirtd finds its driver of that name. */
  hasDriver(name: string): Promise<boolean>;
  canOpen(path: string): Promise<boolean>;
  canUnshare(): Promise<boolean>;
  /** Whether it makes bridges and cables, of which a lab's network is. */
  canMakeNetwork(): Promise<boolean>;
}

/** Everything that keeps this machine from having a lab, all at once; empty when nothing does. */
export async function labRefusals(machine: Machine = thisMachine()): Promise<readonly LabRefusal[]> {
  const refusals: LabRefusal[] = [];
  if (machine.architecture !== 'x64') {
    refusals.push({
      message: `The lab's guests are for x86-64, and this machine is ${machine.architecture}`,
      remedy: 'Use an x86-64 machine.',
    });
  }
  if (!machine.isRoot) {
    refusals.push({
      message: 'Only root can make hosts with their own network and disks',
      remedy: 'Run it as root: sudo dr lab up',
    });
  }
  const missing: string[] = [];
  const lackingPackages: string[] = [];
  for (const [debianPackage, names] of Object.entries(programs)) {
    const lacking: string[] = [];
    for (const name of names) if (!(await machine.hasProgram(name))) lacking.push(name);
    if (lacking.length === 0) continue;
    missing.push(...lacking);
    lackingPackages.push(debianPackage);
  }
  if (missing.length > 0) {
    refusals.push({
      message: `Programs are missing: ${missing.join(', ')}`,
      remedy: `Install them: apt-get install --no-install-recommends ${lackingPackages.join(' ')}`,
    });
  }
  // Without libvirt-daemon nobody knows which drivers it brings.
  const wanted = missing.includes('libvirtd') ? drivers : {...drivers, ...driversApart};
  const absent: string[] = [];
  for (const name of Object.keys(wanted)) if (!(await machine.hasDriver(name))) absent.push(name);
  if (absent.length > 0) {
    refusals.push({
      message: `libvirtd lacks drivers: ${absent.join(', ')}`,
      remedy: `Install them: apt-get install --no-install-recommends ${absent.map(name => wanted[name]).join(' ')}`,
    });
  }
  if (!(await machine.canOpen('/dev/net/tun'))) {
    refusals.push({
      message: 'There is no usable /dev/net/tun, through which guests reach a network',
      remedy: 'Load it (modprobe tun), or give this container the device /dev/net/tun.',
    });
  }
  if (!(await machine.canOpen('/dev/loop-control'))) {
    refusals.push({
      message: 'There is no usable /dev/loop-control, through which hosts get disks of a limited size',
      remedy: 'Load it (modprobe loop), or give this container the devices /dev/loop-control and /dev/loop0 to 7.',
    });
  }
  if (!machine.isRoot || missing.length > 0) return refusals;
  if (!(await machine.canUnshare())) {
    refusals.push({
      message: 'This machine refuses new mount, network, UTS or PID namespaces',
      remedy: 'Run it outside of the container, or in one that is privileged (CAP_SYS_ADMIN, no seccomp filter).',
    });
  } else if (!(await machine.canMakeNetwork())) {
    refusals.push({
      message: 'This machine refuses new network devices (bridge, veth)',
      remedy: 'Load them (modprobe bridge veth), or give this container CAP_NET_ADMIN.',
    });
  }
  return refusals;
}

/** @throws {LabError} `LAB_REFUSED` naming everything that is in the way. */
export async function requireLab(): Promise<void> {
  const refusals = await labRefusals();
  if (refusals.length === 0) return;
  throw new LabError('LAB_REFUSED', refusals.map(({message}) => message).join('. '), {
    hint: refusals.map(({remedy}) => remedy).join(' '),
  });
}

function thisMachine(): Machine {
  return {
    isRoot: process.getuid?.() === 0,
    architecture: process.arch,
    hasProgram,
    hasDriver,
    canOpen,
    canUnshare: () =>
      asks('unshare', ['--mount', '--uts', '--net', '--pid', '--fork', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']),
    canMakeNetwork: () => asks('unshare', ['--net', 'sh', '-c', 'ip link add type bridge && ip link add type veth']),
  };
}

async function hasProgram(name: string): Promise<boolean> {
  for (const folder of programFolders()) {
    const found = await access(join(folder, name), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}

async function hasDriver(name: string): Promise<boolean> {
  const folders = '/usr/{lib,lib64,lib/*}/libvirt/connection-driver';
  for await (const _ of glob(join(folders, `libvirt_driver_${name}.so`))) return true;
  return false;
}

async function canOpen(path: string): Promise<boolean> {
  try {
    await (await open(path, 'r+')).close();
    return true;
  } catch (error) {
    // A plain user is told once, that root is needed.
    return (error as NodeJS.ErrnoException).code === 'EACCES';
  }
}
