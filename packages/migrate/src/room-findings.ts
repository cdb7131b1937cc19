import type {HostReading} from '@dr-toolkit/hosts';

import {beginsAnew, copiedDisks, type DiskMove, type DomainMove} from './domain-move.ts';
import {poolOf} from './domain-moves.ts';
import type {Finding} from './finding.ts';
import {fillsHoles} from './version-findings.ts';

/** Whether the target has memory and disk for all of them together. */
export function roomFindings(moves: readonly DomainMove[], source: HostReading, target: HostReading): Finding[] {
  const arriving = moves.filter(beginsAnew);
  return [...memoryFindings(arriving, source, target), ...diskFindings(arriving, source, target)];
}

function memoryFindings(moves: readonly DomainMove[], source: HostReading, target: HostReading): Finding[] {
  const needed = sum(moves.filter(move => move.how === 'live').map(move => move.memoryBytes));
  const free = target.memory.freeBytes;
  if (needed <= free) return [];
  return [
    {
      severity: 'blocks',
      code: 'MEMORY_SHORT',
      host: target.name,
      message: `The domains from ${source.name} need ${mebibytes(needed)} of memory together, ${target.name} has ${mebibytes(free)} free`,
      remedy: `Name fewer domains, or free memory on ${target.name}`,
    },
  ];
}

function diskFindings(moves: readonly DomainMove[], source: HostReading, target: HostReading): Finding[] {
  const disks = moves.flatMap(({how, ...move}) =>
    copiedDisks(move).map(disk => (how === 'live' && fillsHoles(source, target) ? filledUp(disk) : disk)),
  );
  const byPool = Map.groupBy(disks, disk => poolOf(target, disk.targetPath));
  return Array.from(byPool).flatMap(([pool, arriving]): Finding[] => {
    if (!pool) return []; // a folder that no pool covers: how much room it has is not known to libvirt
    const now = sum(arriving.map(disk => disk.allocationBytes));
    const filled = sum(arriving.map(disk => Math.max(disk.capacityBytes, disk.lengthBytes)));
    const common = {
      host: target.name,
      remedy: `Free room in pool ${pool.name} on ${target.name}, or map to another pool in dr.yaml`,
    };
    const where = `pool ${pool.name} on ${target.name} has ${mebibytes(pool.availableBytes)} free`;
    if (now > pool.availableBytes) {
      const message = `The disks hold ${mebibytes(now)} of data, ${where}`;
      return [{severity: 'blocks', code: 'DISK_FULL', message, ...common}];
    }
    if (filled > pool.availableBytes) {
      const message = `The disks fit now, but would take ${mebibytes(filled)} if the guests filled them, and ${where}`;
      return [{severity: 'warns', code: 'DISK_FULL_IF_FILLED', message, ...common}];
    }
    return [];
  });
}

function filledUp(disk: DiskMove): DiskMove {
  return disk.format === 'raw' ? {...disk, allocationBytes: disk.capacityBytes} : disk;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function mebibytes(bytes: number): string {
  const mib = bytes / 1024 ** 2;
  return mib >= 10_240 ? `${(mib / 1024).toFixed(1)} GiB` : `${Math.ceil(mib)} MiB`;
}
