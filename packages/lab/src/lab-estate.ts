import type {LabAddresses} from './addresses.ts';
import {networkName} from './domain-xml.ts';
import type {LabFolder} from './lab-folder.ts';
import type {GuestRecord, HostRecord} from './lab-record.ts';

/** How the machine that runs the lab reaches a host: through ssh, with the lab's own key. */
export function hostUri(folder: LabFolder, host: Pick<HostRecord, 'address'>): string {
  const parameters = new URLSearchParams({keyfile: folder.key, known_hosts: folder.knownHosts});
  return `qemu+ssh://root@${host.address}/system?${decodeURIComponent(parameters.toString())}`;
}

/** How the lab's other hosts reach it, by name. */
export function peerUri(host: Pick<HostRecord, 'name'>): string {
  return `qemu+ssh://root@${host.name}/system`;
}

/** A ready dr.yaml for a lab: its hosts, its network, and the services its guests make. */
export function labEstate(
  name: string,
  lab: LabAddresses,
  {folder, hosts, guests}: {folder: LabFolder; hosts: readonly HostRecord[]; guests: readonly GuestRecord[]},
): string {
  const hostLines = hosts.flatMap(host => [
    `  ${yamlText(host.name)}:`,
    `    uri: ${hostUri(folder, host)}`,
    `    peerUri: ${peerUri(host)}`,
    '    site: lab',
  ]);
  return [
    '# The estate of a lab, written by `dr lab up`. Its hosts are real libvirt hosts in namespaces of one machine.',
    `estate: ${yamlText(name)}`,
    'sites:',
    '  lab: {}',
    'hosts:',
    ...hostLines,
    'networks:',
    `  ${networkName}:`,
    `    lab: {libvirt: ${networkName}, subnet: ${lab.subnet}, gateway: ${lab.controller}}`,
    ...serviceLines(guests),
    '',
  ].join('\n');
}

/** Names that YAML would read as something else than text are put in quotes: 1, 1e3, null. */
function yamlText(name: string): string {
  return /^\d|^(?:true|false|null)$/u.test(name) ? `"${name}"` : name;
}

/** The story's web site needs its parts in order; every other guest is a service of its own. */
const needs: Readonly<Record<string, readonly string[]>> = {
  'aslo-web1': ['aslo-db'],
  'aslo-web2': ['aslo-db'],
  'aslo-proxy': ['aslo-web1', 'aslo-web2'],
};

function serviceLines(guests: readonly GuestRecord[]): readonly string[] {
  const services = Map.groupBy(guests, ({name}) => (name.startsWith('aslo-') ? 'aslo' : name));
  if (services.size === 0) return [];
  const there = new Set(guests.map(({name}) => name));
  const lines = ['services:'];
  for (const [service, members] of services) {
    lines.push(`  ${service}:`, '    domains:');
    for (const {name} of members) {
      const after = (needs[name] ?? []).filter(other => there.has(other));
      lines.push(`      ${name}: {${after.length > 0 ? `after: [${after.join(', ')}]` : ''}}`);
    }
    const check = `      - http: http://${members[0]?.address}/status`;
    lines.push('    checks:', check, '        expect: {status: 200}');
  }
  return lines;
}
