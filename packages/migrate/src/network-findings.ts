import {shellWord} from '@dr-toolkit/estate';
import type {DomainReading, InterfaceReading} from '@dr-toolkit/hosts';

import type {Examined} from './examined.ts';
import type {Finding} from './finding.ts';

/** Whether the target has what a domain's interfaces are plugged into. */
export function networkFindings(examined: Examined, domain: DomainReading): Finding[] {
  return domain.interfaces.flatMap(nic => interfaceFindings(examined, nic));
}

function interfaceFindings({move, target}: Examined, nic: InterfaceReading): Finding[] {
  const {type, source} = move.interfaces[nic.mac] ?? nic;
  const at = {host: move.to, domain: move.domain};
  if (source === undefined) return [];
  if (type === 'network') {
    const network = target.networks.find(({name}) => name === source);
    if (!network) {
      const there = target.networks.map(({name}) => name).join(', ') || 'none';
      const message = `${move.to} has no network ${source} for ${move.domain}; it has: ${there}`;
      const remedy = `Map it in dr.yaml (networks), or define it on ${move.to}`;
      return [{severity: 'blocks', code: 'NETWORK_MISSING', ...at, message, remedy}];
    }
    if (network.active) return [];
    const message = `Network ${source} on ${move.to} is not active`;
    const severity = move.how === 'live' ? 'blocks' : 'warns';
    return [
      {
        severity,
        code: 'NETWORK_INACTIVE',
        ...at,
        message,
        remedy: `Start it on ${move.to}: virsh net-start ${shellWord(source)}`,
      },
    ];
  }
  if (type !== 'bridge' && type !== 'direct') return [];
  const known = target.networks.some(({bridge}) => bridge === source) || target.links?.includes(source);
  if (known) return [];
  if (target.links === undefined) {
    const message = `Whether ${move.to} has a ${type === 'bridge' ? 'bridge' : 'device'} ${source} for ${move.domain} cannot be asked of libvirt there`;
    return [
      {
        severity: 'warns',
        code: 'NETWORK_UNVERIFIED',
        ...at,
        message,
        remedy: `See on ${move.to}: ip link show ${source}`,
      },
    ];
  }
  const message = `${move.to} has no ${type === 'bridge' ? 'bridge' : 'device'} ${source} for ${move.domain}`;
  return [
    {
      severity: 'blocks',
      code: 'NETWORK_MISSING',
      ...at,
      message,
      remedy: `Map it in dr.yaml (networks), or make it on ${move.to}`,
    },
  ];
}
