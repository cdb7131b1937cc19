/** Heavy streams on the disks of a host. */
export function diskLane(host: string): string {
  return `host:${host}/disk`;
}

/** Heavy streams on a pool with disks of its own, by libvirt's name of it. */
export function poolLane(host: string, pool: string): string {
  return `pool:${host}/${pool}`;
}

/** Whether a lane is that of a pool; with `host`, of a pool there. */
export function isPoolLane(lane: string, host?: string): boolean {
  return lane.startsWith(host === undefined ? 'pool:' : poolLane(host, ''));
}

/** Heavy streams between two hosts, whichever way. */
export function linkLane(one: string, other: string): string {
  return `link:${[one, other].toSorted().join('-')}`;
}

/** Domains that leave a host. */
export function leavingLane(host: string): string {
  return `host:${host}/migrations-out`;
}

/** Domains that arrive at a host. */
export function arrivingLane(host: string): string {
  return `host:${host}/migrations-in`;
}

/** Domains whose disks are made ready on a host. */
export function preparationLane(host: string): string {
  return `host:${host}/preparations`;
}

/** All heavy streams together. */
export const estateLane = 'estate';
