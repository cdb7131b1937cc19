import type {AutomaticLane, Step} from '@dr-toolkit/engine';
import {type DiskWaits, guestWaits, type Host} from '@dr-toolkit/hosts';

import type {DomainMove} from './domain-move.ts';

const mebibyte = 1024 ** 2;

export interface AutomaticDisk {
  readonly host: string;
  readonly lane: string;
  /** Places it begins with. */
  readonly from: number;
}

/**
 * Disk lanes that find their own places by what the guests of each host wait for their disks. Guests that are on the
 * move do not count, whatever they wait: it is for the others that a lane narrows.
 */
export function automaticDiskLanes(hosts: ReadonlyMap<string, Host>, disks: Iterable<AutomaticDisk>): AutomaticLane[] {
  return Array.from(disks).flatMap(({host: name, lane, from}) => {
    const host = hosts.get(name);
    return host ? [automaticDiskLane(host, hosts, {lane, from})] : [];
  });
}

function automaticDiskLane(
  host: Host,
  hosts: ReadonlyMap<string, Host>,
  {lane, from}: Pick<AutomaticDisk, 'lane' | 'from'>,
): AutomaticLane {
  let before: DiskWaits | undefined;
  return {
    lane,
    from,
    async sense(moving, options) {
      const now = await host.diskWaits(options);
      const except = new Set(moving.flatMap(step => moveOf(step)?.uuid ?? []));
      const waits = before && guestWaits(before, now, {except});
      before = now;
      return waits?.waitMs;
    },
    async setSpeed(step, bytesPerSecond, options) {
      const move = moveOf(step);
      if (!move) return;
      const own = move.bandwidthMibPerSecond === undefined ? undefined : move.bandwidthMibPerSecond * mebibyte;
      const speed = bytesPerSecond === undefined ? own : Math.min(bytesPerSecond, own ?? bytesPerSecond);
      await hosts.get(move.from)?.setMoveSpeed(move.uuid, speed, options);
    },
  };
}

/** What a step moves while it runs. An offline copy is no job of the hypervisor's. */
function moveOf({kind, args}: Step): DomainMove | undefined {
  return kind === 'move-live' ? (args as unknown as DomainMove) : undefined;
}
