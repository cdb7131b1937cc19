import {posix} from 'node:path';

import {domainDefinition} from './domain-definition.ts';
import type {DomainReading, HostReading} from './reading.ts';

/**
 * Who on a host uses a file, by its path: domains as they run and as they would be started next, with what their disks
 * lie on, and volumes on top of it. What lies below an image may be named from the image's own folder (`../base.qcow2`):
 * the paths here have no such detours.
 */
export function fileUsers({domains, pools}: Pick<HostReading, 'domains' | 'pools'>): ReadonlyMap<string, string> {
  const users = new Map<string, string>();
  for (const {path, backingPath} of pools.flatMap(pool => pool.volumes)) {
    if (backingPath !== undefined) users.set(posix.normalize(backingPath), path);
  }
  for (const domain of domains)
    for (const path of pathsOf(domain, pools)) users.set(posix.normalize(path), domain.name);
  return users;
}

function pathsOf({disks, hostFiles, xml}: DomainReading, pools: HostReading['pools']): string[] {
  const next = domainDefinition(xml);
  const named = next.disks.map(({pool, volume}) =>
    pool === undefined ? undefined : pools.find(({name}) => name === pool)?.volumes.find(({name}) => name === volume),
  );
  const paths = [
    ...[...disks, ...next.disks].flatMap(({path, backingPaths}) => backingPaths.concat(path ?? [])),
    ...[...hostFiles, ...next.hostFiles].map(({path}) => path),
    ...named.map(found => found?.path),
  ];
  return paths.filter(path => path !== undefined);
}
