import {LabError} from './lab-error.ts';

/** What a lab of number `index` is called and addressed by on its machine. */
export interface LabAddresses {
  readonly index: number;
  /** 10.78.N.0/24 */
  readonly subnet: string;
  /** The machine's own address on the bridge: whoever runs `dr` reaches the hosts from it. */
  readonly controller: string;
  readonly bridge: string;
}

const indexMin = 1;
const indexMax = 254;
export const hostsMax = 20;
export const guestsMax = 100;

export function labAddresses(index: number): LabAddresses {
  return {index, subnet: `10.78.${index}.0/24`, controller: `10.78.${index}.1`, bridge: `drlab${index}`};
}

export function hostAddress(index: number, position: number): string {
  return `10.78.${index}.${11 + position}`;
}

export function guestAddress(index: number, position: number): string {
  return `10.78.${index}.${101 + position}`;
}

/** The machine's end of a host's cable; a network device's name may have 15 characters. */
export function cableName(index: number, position: number): string {
  return `drlab${index}h${position}`;
}

/**
 * Numbers a lab may take, given every IPv4 range the machine has an address or a route in ("10.0.0.0/8"): those whose
 * subnet no other touches, in order.
 * @throws {LabError} `NO_FREE_SUBNET` when all are taken.
 */
export function freeIndexes(takenRanges: readonly string[]): readonly number[] {
  const taken = takenRanges.filter(range => !range.startsWith('0.0.0.0')).map(parseRange);
  const free = [];
  for (let index = indexMin; index <= indexMax; index++) {
    const own = parseRange(labAddresses(index).subnet);
    if (taken.every(range => range.last < own.first || range.first > own.last)) free.push(index);
  }
  if (free.length === 0) {
    throw new LabError(
      'NO_FREE_SUBNET',
      'Every subnet 10.78.1.0/24 to 10.78.254.0/24 overlaps a route of this machine',
      {
        hint: 'See ip route, and take down the labs that are not needed: dr lab down --name NAME',
      },
    );
  }
  return free;
}

/** A random unicast address from the range that QEMU's users take (52:54:00). */
export function macFrom(bytes: Uint8Array): string {
  return ['52', '54', '00', ...Array.from(bytes.slice(0, 3), byte => byte.toString(16).padStart(2, '0'))].join(':');
}

function parseRange(range: string): {readonly first: number; readonly last: number} {
  const [address = '', prefix = '32'] = range.split('/');
  const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(prefix));
  const first = Math.floor(value / size) * size;
  return {first, last: first + size - 1};
}
