import {circlesIn} from './circles.ts';
import {didYouMean} from './nearest.ts';
import type {Path} from './place-in-file.ts';
import {type Fault, valueAt} from './shape-faults.ts';
import {subnetOf} from './subnet.ts';

/**
 * What has the right form and cannot be meant: names of nothing, circles, addresses outside their subnet, secrets.
 * Looks at whatever is there, so that it finds something in a file with wrong forms too.
 */
export function meaningFaults(root: unknown): Fault[] {
  return [
    ...hostFaults(root),
    ...placeFaults(root, 'networks'),
    ...placeFaults(root, 'pools'),
    ...linkFaults(root),
    ...networkFaults(root),
    ...serviceFaults(root),
    ...circleFaults(root),
  ];
}

function hostFaults(root: unknown): Fault[] {
  const hosts = entriesAt(root, ['hosts']);
  const sites = keysOf(root, ['sites']);
  const faults: Fault[] = [];
  if (isMapping(valueAt(root, ['hosts'])) && hosts.length === 0) {
    faults.push({path: ['hosts'], at: 'key', message: 'there is no host', hint: 'Have it written: dr init URI...'});
  }
  const byUri = new Map<string, string>();
  for (const [host, value] of hosts) {
    const path = ['hosts', host];
    const {uri, site} = mapping(value);
    if (typeof site === 'string' && !sites.includes(site)) {
      faults.push({
        path: [...path, 'site'],
        message: `there is no site ${site}`,
        hint: didYouMean(site, sites, {what: 'site'}),
      });
    }
    if (sites.includes(host)) {
      faults.push({path, at: 'key', message: `${host} is a site too`, hint: 'Give the site or the host another name'});
    }
    if (typeof uri === 'string') {
      const twin = byUri.get(uri);
      if (twin !== undefined) {
        faults.push({path: [...path, 'uri'], message: `${twin} has the same URI`, hint: 'Give each host once'});
      }
      byUri.set(uri, host);
    }
    faults.push(...uriSecretFaults(value, path), ...optionSecretFaults(value, path));
  }
  return faults;
}

function uriSecretFaults(host: unknown, path: Path): Fault[] {
  return ['uri', 'peerUri'].flatMap(key => {
    const uri = mapping(host)[key];
    if (typeof uri !== 'string' || !/^[^/]*\/\/[^/@]*:[^/@]*@/u.test(uri)) return [];
    const hint = 'Leave the password out: use an ssh key, or a client certificate';
    return [{path: [...path, key], secret: true, message: 'a password is written out, and dr.yaml lies in git', hint}];
  });
}

function optionSecretFaults(host: unknown, path: Path): Fault[] {
  return entriesAt(host, ['fence', 'options']).flatMap(([key, value]) => {
    if (!/passw|passphrase|secret|token|api_?key/iu.test(key) || typeof value === 'boolean' || isMapping(value))
      return [];
    if (/_(?:script|file|path)$/iu.test(key)) return [];
    const hint = `Move it to fence.secrets: {${key}: {env: NAME}}, or a file or command`;
    const message = `${key} is written out, and dr.yaml lies in git`;
    return [{path: [...path, 'fence', 'options', key], secret: true, message, hint}];
  });
}

/** Networks and pools are named per site or host. */
function placeFaults(root: unknown, section: 'networks' | 'pools'): Fault[] {
  const places = placesOf(root);
  return entriesAt(root, [section]).flatMap(([name]) =>
    keysOf(root, [section, name]).flatMap((place): Fault[] =>
      places.includes(place) ? [] : [noSuchPlace([section, name, place], place, places)],
    ),
  );
}

function linkFaults(root: unknown): Fault[] {
  const hosts = keysOf(root, ['hosts']);
  const links = valueAt(root, ['links']);
  const seen = new Set<string>();
  return (Array.isArray(links) ? links : []).flatMap((_link, index): Fault[] => {
    const path = ['links', index, 'between'];
    const between = listAt(root, path);
    const unknown = between.findIndex(name => !hosts.includes(name));
    if (unknown !== -1) {
      const name = between[unknown] ?? '';
      const hint = didYouMean(name, hosts, {what: 'host'});
      return [{path: [...path, unknown], message: `there is no host ${name}`, hint}];
    }
    const pair = between.toSorted().join(' and ');
    const again = seen.has(pair);
    seen.add(pair);
    if (again) return [{path, message: `the link of ${pair} is there already`, hint: 'Keep one of the two'}];
    if (between.length !== 2 || between[0] !== between[1]) return [];
    return [{path, message: `${between[0]} has no link to itself`, hint: 'Name two hosts'}];
  });
}

function noSuchPlace(path: Path, place: string, places: readonly string[]): Fault {
  const hint = didYouMean(place, places, {what: 'site or host'});
  return {path, at: 'key', message: `there is no site or host ${place}`, hint};
}

function networkFaults(root: unknown): Fault[] {
  return entriesAt(root, ['networks']).flatMap(([network]) =>
    entriesAt(root, ['networks', network]).flatMap(([place, value]): Fault[] => {
      const {subnet, gateway} = mapping(value);
      if (typeof subnet !== 'string' || typeof gateway !== 'string') return [];
      const known = subnetOf(subnet);
      if (!known || known.contains(gateway)) return [];
      const path = ['networks', network, place, 'gateway'];
      return [{path, message: `${gateway} is not in ${subnet}`, hint: 'Correct the gateway or the subnet'}];
    }),
  );
}

function serviceFaults(root: unknown): Fault[] {
  const services = keysOf(root, ['services']);
  const domains = domainsOf(root);
  const known = [...services, ...domains.map(({name}) => name)];
  const owners = new Map<string, string>();
  const faults: Fault[] = [];
  for (const service of services) {
    const path = ['services', service];
    for (const [index, name] of listAt(root, [...path, 'after']).entries()) {
      if (services.includes(name)) continue;
      faults.push({
        path: [...path, 'after', index],
        message: `there is no service ${name}`,
        hint: didYouMean(name, services, {what: 'service'}),
      });
    }
  }
  for (const {name, service, path} of domains) {
    const owner = owners.get(name);
    if (owner !== undefined) {
      faults.push({
        path,
        at: 'key',
        message: `${name} belongs to ${owner} already`,
        hint: 'A domain belongs to one service: name it once',
      });
    }
    owners.set(name, service);
    for (const [index, before] of listAt(root, [...path, 'after']).entries()) {
      if (known.includes(before)) continue;
      const hint = didYouMean(before, known, {what: 'domain or service'});
      faults.push({path: [...path, 'after', index], message: `there is no domain or service ${before}`, hint});
    }
    faults.push(...addressFaults(root, [...path, 'addresses']));
  }
  return faults;
}

function addressFaults(root: unknown, path: Path): Fault[] {
  const networks = keysOf(root, ['networks']);
  const places = placesOf(root);
  return entriesAt(root, path).flatMap(([network, byPlace]): Fault[] => {
    if (!networks.includes(network)) {
      const hint = didYouMean(network, networks, {what: 'network'});
      return [{path: [...path, network], at: 'key', message: `there is no network ${network}`, hint}];
    }
    return Object.entries(mapping(byPlace)).flatMap(([place, address]): Fault[] => {
      const at = [...path, network, place];
      if (!places.includes(place)) return [noSuchPlace(at, place, places)];
      const {subnet} = mapping(valueAt(root, ['networks', network, place]));
      if (typeof subnet !== 'string' || typeof address !== 'string') return [];
      const known = subnetOf(subnet);
      if (!known || known.contains(address)) return [];
      return [
        {path: at, message: `${address} is not in ${subnet}`, hint: `Give it an address of ${network} at ${place}`},
      ];
    });
  });
}

function circleFaults(root: unknown): Fault[] {
  const domains = domainsOf(root);
  const services = keysOf(root, ['services']);
  const waits = new Map<string, {readonly path: Path; readonly for: readonly string[]}>();
  const members = (name: string) => domains.filter(({service}) => service === name).map(domain => domain.name);
  for (const {name, service, path} of domains) {
    const own = listAt(root, [...path, 'after']).flatMap(before =>
      services.includes(before) ? members(before) : [before],
    );
    const inherited = listAt(root, ['services', service, 'after']).flatMap(members);
    waits.set(name, {path, for: [...own, ...inherited]});
  }
  return circlesIn(new Map(Array.from(waits, ([name, wait]) => [name, wait.for]))).map(circle => ({
    path: [...(waits.get(circle[0] ?? '')?.path ?? []), 'after'],
    message: `these wait for each other: ${[...circle, circle[0]].join(' after ')}`,
    hint: 'Take one of them out of an `after`',
  }));
}

interface DomainPlace {
  readonly name: string;
  readonly service: string;
  readonly path: Path;
}

function domainsOf(root: unknown): DomainPlace[] {
  return keysOf(root, ['services']).flatMap(service =>
    keysOf(root, ['services', service, 'domains']).map(name => ({
      name,
      service,
      path: ['services', service, 'domains', name],
    })),
  );
}

function placesOf(root: unknown): string[] {
  return [...keysOf(root, ['sites']), ...keysOf(root, ['hosts'])];
}

function entriesAt(root: unknown, path: Path): Array<[string, unknown]> {
  return Object.entries(mapping(valueAt(root, path)));
}

function keysOf(root: unknown, path: Path): string[] {
  return Object.keys(mapping(valueAt(root, path)));
}

function listAt(root: unknown, path: Path): string[] {
  const value = valueAt(root, path);
  return Array.isArray(value) ? value.map(String) : [];
}

function mapping(value: unknown): Record<string, unknown> {
  return isMapping(value) ? value : {};
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
