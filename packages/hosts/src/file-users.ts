import {domainDefinition} from './domain-definition.ts';
import type {DomainReading, HostReading} from './reading.ts';

/**
 * Who on a host uses a file, by its path: domains as they run and as they would be started next, with what their disks
 * lie on, and volumes on top of it.
 */
export function fileUsers({domains, pools}: Pick<HostReading, 'domains' | 'pools'>): ReadonlyMap<string, string> {
  const users = new Map<string, string>();
  for (const {path, backingPath} of pools.flatMap(pool => pool.volumes)) {
    if (backingPath !== undefined) users.set(backingPath, path);
  }
  for (const domain of domains) for (const path of pathsOf(domain, pools)) users.set(path, domain.name);
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
