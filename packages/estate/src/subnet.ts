import {BlockList, isIP} from 'node:net';

export interface Subnet {
  readonly family: 'ipv4' | 'ipv6';
  contains(address: string): boolean;
}

/** A subnet such as `18.85.44.0/24`; undefined when it is none. */
export function subnetOf(text: string): Subnet | undefined {
  const [, network = '', bits = ''] = /^(.+)\/(\d{1,3})$/u.exec(text) ?? [];
  const version = isIP(network);
  const prefix = Number(bits);
  if (version === 0 || prefix > (version === 4 ? 32 : 128)) return undefined;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, prefix, family);
  return {
    family,
    contains: address => isIP(address) === version && list.check(address, family),
  };
}
