import type {DomainReading, HostReading} from '@dr-toolkit/hosts';
import {stringify} from 'yaml';

/** A host as `dr init` found it. */
export interface FoundHost {
  readonly uri: string;
  readonly peerUri?: string;
  readonly migrateUri?: string;
  /** Its name is the one it gets in dr.yaml. */
  readonly reading: HostReading;
}

export interface EstateTextOptions {
  /** Of the estate. */
  readonly name?: string;
  /** For editors; a path or URL of the JSON Schema. */
  readonly schema?: string;
}

/** A commented dr.yaml for hosts that were read: what is certain, and as comments what can only be guessed. */
export function estateFromInventory(
  found: readonly FoundHost[],
  {name = 'estate', schema}: EstateTextOptions = {},
): string {
  const hosts = found.toSorted((a, b) => (a.reading.name < b.reading.name ? -1 : 1));
  const readings = hosts.map(({reading}) => reading);
  return [
    ...(schema === undefined ? [] : [`# yaml-language-server: $schema=${schema}`]),
    '# What dr looks after. It belongs into git: secrets are named here (env, file, command), never written out.',
    '# See what stands in it: dr status',
    '',
    `estate: ${scalar(name)}`,
    '',
    '# Places that fail together. Give each machine room one of its own.',
    'sites:',
    '  main: {}',
    '',
    'hosts:',
    ...hosts.flatMap(hostLines),
    '',
    ...networkLines(readings),
    ...poolLines(readings),
    ...serviceLines(readings),
  ].join('\n');
}

function hostLines({uri, peerUri, migrateUri, reading}: FoundHost): string[] {
  const {name, domains, libvirtVersion, hypervisor, cpus, memory} = reading;
  const running = domains.filter(({state}) => state === 'running').length;
  const memoryGib = (memory.totalBytes / 1024 ** 3).toFixed(1);
  return [
    `  # ${counted(domains.length, 'domain')}, ${running} running; ${counted(cpus, 'CPU')}, ${memoryGib} GiB; ${hypervisor.type} ${hypervisor.version}, libvirt ${libvirtVersion}`,
    `  ${key(name)}:`,
    `    uri: ${scalar(uri)}`,
    ...(peerUri === undefined ? [] : ['    # How the other hosts reach it', `    peerUri: ${scalar(peerUri)}`]),
    ...(migrateUri === undefined ? [] : [`    migrateUri: ${scalar(migrateUri)}`]),
    '    site: main',
    '    # How many heavy acts it bears at once (these are the defaults)',
    '    # lanes: {disk: 2, net: 2, migrations: 2}',
    '    # How to make sure that it is dead, before its domains start elsewhere',
    '    # fence: {agent: fence_ipmilan, options: {ip: 10.0.0.201, username: dr}, secrets: {password: {env: BMC_PASSWORD}}}',
  ];
}

function networkLines(readings: readonly HostReading[]): string[] {
  const names = new Set(readings.flatMap(pluggedInto));
  const head = [
    '# What a network is called at each host (or site). A domain that moves is plugged into the same one there.',
    '# With subnet, gateway and dns its addresses can be changed as well:',
    '#   {libvirt: br0, subnet: 192.0.2.0/24, gateway: 192.0.2.1, dns: [192.0.2.1]}',
  ];
  if (names.size === 0) return [...head, 'networks: {}', ''];
  const spelled = placeNames([...names].sort());
  return [...head, 'networks:', ...[...spelled].flatMap(([network, name]) => placesOf(network, name, readings)), ''];
}

function placesOf(network: string, spelled: string, readings: readonly HostReading[]): string[] {
  const at = readings.filter(reading => pluggedInto(reading).includes(network));
  const missing = readings.filter(reading => !at.includes(reading));
  return [
    `  ${key(spelled)}:`,
    ...at.map(({name}) => `    ${key(name)}: {libvirt: ${scalar(network)}}`),
    ...missing.map(({name}) => `    # ${key(name)}: {libvirt: ...}   # none of that name there`),
  ];
}

/** Networks of a host, and bridges its domains are plugged into without one. */
function pluggedInto({networks, domains}: HostReading): string[] {
  const bridges = domains.flatMap(({interfaces}) =>
    interfaces.flatMap(({type, source}) => (type === 'bridge' && source !== undefined ? [source] : [])),
  );
  return [...new Set([...networks.map(({name}) => name), ...bridges])];
}

function poolLines(readings: readonly HostReading[]): string[] {
  const names = [...new Set(readings.flatMap(({pools}) => pools.map(({name}) => name)))].sort();
  const apart = names.filter(pool => !readings.every(({pools}) => pools.some(({name}) => name === pool)));
  if (apart.length === 0 || readings.length < 2) return [];
  const lines = Array.from(placeNames(apart), ([pool, spelled]) => {
    const entries = readings.map(
      ({name, pools}) => `${key(name)}: ${pools.some(found => found.name === pool) ? scalar(pool) : '...'}`,
    );
    return `#   ${key(spelled)}: {${entries.join(', ')}}`;
  });
  return [
    '# Storage pools keep their name on a move, unless they are mapped here. These are not on every host:',
    '# pools:',
    ...lines,
    '',
  ];
}

/** Domains that share a prefix probably make one service; that is a guess, so it stays a comment. */
function serviceLines(readings: readonly HostReading[]): string[] {
  const domains = readings.flatMap(reading => reading.domains);
  const prefixed = Map.groupBy(domains, prefixOf);
  const head = [
    '# Domains that make one thing people use: in which order they start, and how soon and how whole it must be back.',
  ];
  const guesses = [...prefixed].filter(([prefix, members]) => prefix !== undefined && members.length > 1);
  const lines = guesses.flatMap(([prefix = '', members]) => guessLines(prefix, members));
  if (lines.length === 0) {
    const [first] = domains;
    lines.push('#   NAME:', '#     rto: 30m', '#     domains:', `#       ${key(first?.name ?? 'DOMAIN')}: {}`);
  }
  return [...head, '# services:', ...lines, ''];
}

function guessLines(prefix: string, members: readonly DomainReading[]): string[] {
  const names = [...new Set(members.map(({name}) => name))].sort();
  return [
    `#   ${key(placeName(prefix))}:`,
    '#     rpo: 15m',
    '#     rto: 30m',
    '#     domains:',
    ...names.map(name => `#       ${key(name)}: {}`),
  ];
}

function prefixOf({name}: DomainReading): string | undefined {
  return /^([A-Za-z][A-Za-z0-9]+)-./u.exec(name)?.[1];
}

/** Each name with its spelling in dr.yaml: another one for each of them, and none for what is spelled so already. */
function placeNames(names: readonly string[]): Map<string, string> {
  const taken = new Set(names.filter(name => placeName(name) === name));
  return new Map(
    names.map(name => {
      const wanted = placeName(name);
      if (wanted === name) return [name, name];
      let spelled = wanted;
      for (let nr = 2; taken.has(spelled); nr++) spelled = `${wanted.slice(0, 58)}-${nr}`;
      taken.add(spelled);
      return [name, spelled];
    }),
  );
}

/** As dr.yaml's own names are spelled. */
function placeName(name: string): string {
  const spelled = name
    .replaceAll(/[^\w.-]/gu, '-')
    .replace(/^[^A-Za-z0-9]+/u, '')
    .slice(0, 63);
  return spelled === '' ? 'network' : spelled;
}

function key(name: string): string {
  return scalar(name);
}

function scalar(value: string): string {
  // In flow style, so that it can stand within braces too. JSON strings are YAML for all else, newlines among it.
  const plain = stringify([value], {collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0})
    .trim()
    .slice(1, -1);
  return plain.includes('\n') ? JSON.stringify(value) : plain;
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
