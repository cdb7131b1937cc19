import {isIP} from 'node:net';

import {z} from 'zod';

import {durationPattern, durationMs} from './duration.ts';
import {subnetOf} from './subnet.ts';

const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][\w.-]{0,62}$/u,
    'names are letters, digits and . _ -, at most 63, and begin with a letter or digit',
  );

const text = z.string().min(1, 'expected some text, found none');

const duration = z
  .string()
  .regex(durationPattern, 'expected a duration such as 30s, 15m, 1h30m or 7d')
  .refine(value => durationMs(value) !== undefined, 'expected a duration such as 30s, 15m, 1h30m or 7d');

const address = z
  .string()
  .refine(value => isIP(value) > 0, 'expected an IP address')
  .meta({examples: ['140.186.70.53', '2001:db8::35']});

const uri = z
  .string()
  .regex(/^[a-z]+(?:\+[a-z0-9]+)?:\/\/\S*$/u, 'expected a libvirt URI, such as qemu+ssh://root@HOST/system')
  .meta({examples: ['qemu+ssh://root@sunjammer/system', 'qemu:///system']});

const places = z.int('expected a whole number').min(1, 'expected 1 or more').max(1000, 'expected 1000 or fewer');

const mibPerSecond = z
  .int('expected a whole number of MiB')
  .min(1, 'expected 1 or more')
  .max(1_000_000, 'expected 1000000 or fewer')
  .optional()
  .describe('What all streams of the lane may carry together, in MiB per second');
const auto = z.literal('auto', 'expected a whole number, auto, or {places: 2, mibPerSecond: 100}');
const diskPlaces = z.union([places, auto]).optional();

const diskLane = z.union([places, z.strictObject({places: diskPlaces, mibPerSecond}), auto]);
const plainLane = z.union([places, z.strictObject({places: places.optional(), mibPerSecond})]);

const laneEntries = {
  disk: diskLane.optional().describe('Heavy streams on the disks of a host at once; auto: as many as its guests bear'),
  net: plainLane.optional().describe('Heavy streams over the network of a host at once'),
  migrations: places.optional().describe('Domains that leave a host, or arrive at it, at once'),
  pools: z
    .record(name, plainLane)
    .optional()
    .describe('Heavy streams on a storage pool at once. Such a pool has disks of its own: they do not count on disk'),
};

const lanes = z
  .strictObject(laneEntries)
  .describe('How many heavy acts a host bears at once. Default: 2 each; with disk: auto, 8 each of the others');

const estateLanes = z
  .strictObject({
    ...laneEntries,
    estate: plainLane.optional().describe('Heavy streams of the whole estate at once. Default: no limit'),
  })
  .describe('The same for every host, and for all of them together');

const link = z
  .strictObject({
    between: z.tuple([name, name]).describe('Two hosts'),
    places: places.optional(),
    mibPerSecond,
  })
  .describe('What the link of two hosts bears. Default: what the weaker of the two bears');

/** A secret is never written in dr.yaml; this says where it is. */
const secretReference = z
  .union([
    z.strictObject({env: text.describe('Name of an environment variable')}),
    z.strictObject({file: text.describe('A file that holds it; ~ is your home')}),
    z.strictObject({command: z.union([text, z.array(text).min(1)]).describe('A command that prints it')}),
  ])
  .describe('Where a secret is: never the secret itself');

const fence = z
  .strictObject({
    agent: text.describe('A fence agent, such as fence_ipmilan'),
    options: z.record(text, z.union([z.string(), z.number(), z.boolean()])).optional(),
    secrets: z.record(text, secretReference).optional(),
  })
  .describe('How to make sure that this host cannot run its domains');

const host = z
  .strictObject({
    uri: uri.describe('How dr reaches libvirt on this host'),
    peerUri: uri.optional().describe('How other hosts reach libvirt on it. Default: uri'),
    migrateUri: z
      .string()
      .regex(/^(?:tcp|tls|rdma|unix):\S+$/u, 'expected an address such as tcp://10.0.0.2')
      .optional()
      .describe('Where other hosts send memory and disks of a domain on its way here. Default: its host name'),
    site: name.optional(),
    fence: fence.optional(),
    lanes: lanes.optional(),
  })
  .describe('A machine that runs domains');

const networkPlace = z.strictObject({
  libvirt: text.describe('Name of the libvirt network, or of the bridge'),
  subnet: z
    .string()
    .refine(value => subnetOf(value) !== undefined, 'expected a subnet such as 18.85.44.0/24')
    .optional(),
  gateway: address.optional(),
  dns: z.array(address).optional(),
});

const domain = z.strictObject({
  recipe: name.optional().describe('How this kind of service is quiesced, reconfigured and checked'),
  after: z.array(text).optional().describe('Domains or services that must be up before this one starts'),
  addresses: z
    .record(name, z.record(name, address))
    .optional()
    .describe('By network, then by site or host: the address it has there'),
});

const expectation = z.strictObject({
  status: z.int('expected an HTTP status such as 200').min(100).max(599).optional(),
  contains: text.optional(),
});

const check = z.union([
  z.strictObject({
    http: text.describe('A URL; {{ domain.network }} stands for an address'),
    expect: expectation.optional(),
    within: duration.optional(),
  }),
  z.strictObject({
    tcp: text.describe('host:port; {{ domain.network }} stands for an address'),
    within: duration.optional(),
  }),
  z.strictObject({
    command: z.union([text, z.array(text).min(1)]).describe('Succeeds when it exits with 0'),
    within: duration.optional(),
  }),
]);

const service = z
  .strictObject({
    rpo: duration.optional().describe('Recovery point objective: how much work may be lost at most'),
    rto: duration.optional().describe('Recovery time objective: how long it may be down at most'),
    after: z.array(name).optional().describe('Services that must be up before this one'),
    domains: z.record(text, domain.nullable()),
    checks: z.array(check).optional(),
  })
  .describe('Domains that make one thing people use');

/** dr.yaml as it is written. What dr works with is `Estate`. */
export const estateSchema = z
  .strictObject({
    estate: name.describe('Name of the estate'),
    sites: z.record(name, z.strictObject({}).nullable()).optional(),
    hosts: z.record(name, host).describe('Machines that run domains, by name'),
    networks: z
      .record(name, z.record(name, networkPlace))
      .optional()
      .describe('What a network is called at each site or host'),
    pools: z
      .record(name, z.record(name, text))
      .optional()
      .describe('What a storage pool is called at each site or host'),
    sharedPools: z
      .array(name)
      .optional()
      .describe('Pools on folders that hold the same files on every host that has them'),
    links: z.array(link).optional(),
    services: z.record(name, service).optional(),
    lanes: estateLanes.optional(),
  })
  .describe('What dr looks after');

export type EstateDocument = z.infer<typeof estateSchema>;
