import type {DomainReading, Inventory} from '@dr-toolkit/hosts';

/** A domain as one host has it. */
export interface Home extends DomainReading {
  readonly host: string;
}

/** Every host that knows a domain, with what it knows. */
export function homesOf(uuid: string, {hosts}: Pick<Inventory, 'hosts'>): Home[] {
  return hosts.flatMap(({name: host, domains}) =>
    domains.filter(domain => domain.uuid === uuid).map(domain => Object.assign({}, domain, {host})),
  );
}
