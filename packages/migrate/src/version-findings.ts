import type {HostReading} from '@dr-toolkit/hosts';

import {copiedDisks, type DiskMove, type DomainMove} from './domain-move.ts';
import type {Finding} from './finding.ts';

type Version = readonly [major: number, minor: number, patch: number];

/** Versions of libvirt known to break what this migration does. */
export function versionFindings(source: HostReading, target: HostReading, moves: readonly DomainMove[]): Finding[] {
  if (!moves.some(move => move.how === 'live')) return [];
  const findings: Finding[] = [];
  const warn = (host: HostReading, message: string, remedy: string) =>
    findings.push({severity: 'warns', code: 'VERSION_BREAKS', host: host.name, message, remedy});
  const [from, to] = [versionOf(source.libvirtVersion), versionOf(target.libvirtVersion)];

  const vmxBroken = (version: Version) => within(version, [9, 10, 0], [10, 1, 99]);
  for (const [host, version, other] of [
    [source, from, to],
    [target, to, from],
  ] as const) {
    if (vmxBroken(version) && before(other, [9, 10, 0])) {
      warn(
        host,
        `libvirt ${host.libvirtVersion} adds vmx-* CPU features that libvirt before 9.10 does not know: Intel guests with nested virtualisation do not move`,
        `Update ${host.name} to libvirt 10.2 or later, or move such domains with --mode offline`,
      );
    }
  }
  if (within(from, [10, 5, 0], [10, 5, 99])) {
    warn(
      source,
      'libvirt 10.5 crashes when a guest shuts down while it is being moved',
      `Update ${source.name} to libvirt 10.6 or later, or make sure nobody shuts a guest down meanwhile`,
    );
  }
  if (within(to, [11, 0, 0], [11, 4, 99])) {
    warn(
      target,
      `libvirt ${target.libvirtVersion} does not answer questions about a domain while it arrives, so status may lag`,
      `Update ${target.name} to libvirt 11.5 or later`,
    );
  }
  if (fillsHoles(source, target) && moves.some(move => move.how === 'live' && copiedDisks(move).some(isRaw))) {
    const old = before(from, holesKept) ? source : target;
    warn(
      old,
      `From libvirt ${source.libvirtVersion} to ${target.libvirtVersion} the holes of raw disks arrive as zeros: a sparse one takes all of its size on ${target.name}`,
      `Update ${old.name} to libvirt 10.9 or later, or move such domains with --mode offline`,
    );
  }
  if (before(to, from) && to[0] < from[0]) {
    warn(
      target,
      `libvirt ${target.libvirtVersion} on the target is older than ${source.libvirtVersion} on the source; moves to older versions are not always possible`,
      `Update ${target.name}, or try one unimportant domain first`,
    );
  }
  return findings;
}

const isRaw = ({format}: DiskMove): boolean => format === 'raw';

/** Since then libvirt can be told to look for zeros in what it copies, if both ends know it. */
const holesKept: Version = [10, 9, 0];

/** Whether raw disks that are copied from a running guest lose their holes. Before 9.10 libvirt looked for zeros by itself. */
export function fillsHoles(
  source: Pick<HostReading, 'libvirtVersion'>,
  target: Pick<HostReading, 'libvirtVersion'>,
): boolean {
  const [from, to] = [versionOf(source.libvirtVersion), versionOf(target.libvirtVersion)];
  return !before(from, [9, 10, 0]) && (before(from, holesKept) || before(to, holesKept));
}

/** `9.0.0` in numbers. */
export function versionOf(text: string): Version {
  const [major = 0, minor = 0, patch = 0] = text.split('.').map(part => Number.parseInt(part, 10) || 0);
  return [major, minor, patch];
}

export function before(a: Version, b: Version): boolean {
  const [major, minor, patch] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
  return (major || minor || patch) < 0;
}

function within(version: Version, first: Version, last: Version): boolean {
  return !before(version, first) && !before(last, version);
}
