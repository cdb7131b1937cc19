import {randomBytes} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import {freeIndexes, labAddresses, macFrom, type LabAddresses} from './addresses.ts';
import {LabError} from './lab-error.ts';
import type {LabRecord, NetworkDevice} from './lab-record.ts';
import {asks, run, type RunOptions} from './run.ts';

/**
 * Makes the lab's bridge, on the first number whose subnet and name are free. The kernel makes a device of one name
 * only once: of two labs that start together, the slower takes the next number. `save` puts the record on disk before
 * each try.
 */
export async function makeBridge(
  record: LabRecord,
  save: () => Promise<void>,
  options: RunOptions,
): Promise<LabAddresses> {
  for (const index of freeIndexes(await takenRanges(options))) {
    const lab = labAddresses(index);
    record.index = index;
    record.bridge = {name: lab.bridge, mac: macFrom(randomBytes(3))};
    await save();
    const device = ['link', 'add', 'name', lab.bridge, 'address', record.bridge.mac];
    try {
      await run('ip', [...device, 'type', 'bridge', 'forward_delay', '0'], options);
    } catch (error) {
      if (error instanceof LabError && error.message.includes('File exists')) continue;
      throw error;
    }
    await run('ip', ['address', 'add', `${lab.controller}/24`, 'broadcast', '+', 'dev', lab.bridge], options);
    await run('ip', ['link', 'set', lab.bridge, 'up'], options);
    return lab;
  }
  throw new LabError('NO_FREE_SUBNET', 'Every bridge drlab1 to drlab254 exists', {
    hint: 'Take down the labs that are not needed: dr lab down --name NAME',
  });
}

/** Whether the lab's bridge is there, and not another lab's of that name: a restart of the machine takes it away. */
export async function hasBridge({bridge}: LabRecord): Promise<boolean> {
  return bridge !== undefined && (await deviceMac(bridge.name)) === bridge.mac;
}

/** @throws {LabError} `NETWORK_GONE` */
export async function requireBridge(record: LabRecord): Promise<void> {
  if (await hasBridge(record)) return;
  throw new LabError(
    'NETWORK_GONE',
    `The network of the lab ${record.name} is gone, as after a restart of this machine`,
    {
      hint: `Bring it up anew: dr lab down --name ${record.name}, then dr lab up --name ${record.name}`,
    },
  );
}

/** Removes a network device if it is still the one that was recorded, told by its hardware address. */
export async function removeDevice({name, mac}: NetworkDevice): Promise<void> {
  if ((await deviceMac(name)) !== mac) return;
  if (await asks('ip', ['link', 'delete', name])) return;
  // The kernel takes a cable away on its own, a moment after the host at its other end has gone.
  for (let tries = 0; (await deviceMac(name)) === mac; tries++) {
    if (tries === 100) throw new Error(`The network device ${name} cannot be removed`);
    await sleep(20);
  }
}

async function deviceMac(name: string): Promise<string | undefined> {
  const links = JSON.parse((await run('ip', ['-json', 'link', 'show'])) || '[]') as {
    ifname: string;
    address?: string;
  }[];
  return links.find(link => link.ifname === name)?.address;
}

async function takenRanges(options: RunOptions): Promise<readonly string[]> {
  const routes = JSON.parse((await run('ip', ['-json', '-4', 'route', 'show', 'table', 'all'], options)) || '[]') as {
    dst: string;
  }[];
  return routes.map(route => (route.dst === 'default' ? '0.0.0.0/0' : route.dst));
}
