/**
 * Six running VMs from host to host: by dr, by a loop of `virsh migrate`, and by `xargs -P2 virsh migrate`, on one lab in
 * one run. dr's time holds everything: reading the hosts, the preflight, the moves, the verification, retiring the
 * sources. Usage: node test/bench/migrate/migrate.ts [ROUNDS] [VMS]
 */
import {join} from 'node:path';
import {execa} from 'execa';

import {labRig, type Rig} from '../../migrate/fixtures/lab-migration.ts';

const [rounds = 2, vms = 6] = process.argv.slice(2).map(Number);
const images = '/var/lib/libvirt/images';

interface Way {
  readonly name: string;
  move(rig: Rig, from: string, to: string, names: readonly string[]): Promise<unknown>;
}

const virsh = (to: string) =>
  `virsh migrate --live --p2p --persistent --undefinesource --copy-storage-all {} qemu+ssh://root@${to}/system`;

const ways: readonly Way[] = [
  {
    name: 'dr migrate (2 at once)',
    async move(rig, from, to) {
      const {failures, findings} = await rig.migrate({from, to, sourceDisks: 'delete'});
      if (failures.length > 0) throw new Error([...failures, ...findings.map(({message}) => message)].join('\n'));
    },
  },
  {
    name: 'virsh, one by one',
    move: (rig, from, to, names) =>
      mustRun(rig, from, `echo ${names.join(' ')} | tr ' ' '\\n' | xargs -I{} ${virsh(to)}`),
  },
  {
    name: 'xargs -P2 virsh',
    move: (rig, from, to, names) =>
      mustRun(rig, from, `echo ${names.join(' ')} | tr ' ' '\\n' | xargs -P2 -I{} ${virsh(to)}`),
  },
];

interface Measured {
  readonly seconds: number;
  /** As the hypervisor tells, of each VM. */
  readonly downtimesMs: readonly number[];
  /** The longest time without an answer, of each VM, as its clients see it. */
  readonly silencesMs: readonly number[];
}

const rig = await labRig({vms});
const results = new Map<string, Measured[]>(ways.map(({name}) => [name, []]));
try {
  const guests = await rig.lab.guests();
  const names = guests.map(({name}) => name);
  let [from, to] = ['sunjammer', 'newhost'];
  // libvirtd asks QEMU what it can do at a host's first arrival, which takes seconds: nobody's time.
  for (const host of [to, from]) {
    await mustRun(
      rig,
      host === to ? from : to,
      `echo ${names.join(' ')} | tr ' ' '\\n' | xargs -P2 -I{} ${virsh(host)}`,
    );
    await rig.shell(host === to ? from : to, `rm -f ${images}/*`);
  }
  for (let round = 0; round < rounds; round += 1) {
    // Each round begins with another way, so that none is always the first or the warmest.
    for (const way of ways
      .map((_, index) => ways[(index + round) % ways.length])
      .filter(found => found !== undefined)) {
      const stopWatching = watch(guests.map(({address}) => address));
      const startMs = performance.now();
      await way.move(rig, from, to, names);
      const seconds = (performance.now() - startMs) / 1000;
      const silencesMs = await stopWatching();
      const downtimesMs = await Promise.all(names.map(name => downtimeMs(rig, to, name)));
      results.get(way.name)?.push({seconds, downtimesMs, silencesMs});
      console.log(`round ${round + 1}  ${way.name.padEnd(24)}${seconds.toFixed(1).padStart(7)} s`);
      await rig.shell(from, `rm -f ${images}/*`); // virsh leaves the source's disks; both begin with an empty pool
      await rig.shell(from, 'virsh pool-refresh default');
      [from, to] = [to, from];
    }
  }
} finally {
  await rig.close();
}

console.log(
  `\n${vms} VMs, ${rounds} rounds${' '.repeat(6)}makespan s   downtime ms (median, worst)   longest silence ms (median, worst)`,
);
const seconds = (name: string) => median((results.get(name) ?? []).map(measured => measured.seconds));
for (const {name} of ways) {
  const all = results.get(name) ?? [];
  const downtimes = all.flatMap(({downtimesMs}) => downtimesMs);
  const silences = all.flatMap(({silencesMs}) => silencesMs);
  console.log(
    `${name.padEnd(24)}${seconds(name).toFixed(1).padStart(10)}${spread(downtimes).padStart(28)}${spread(silences).padStart(34)}`,
  );
}
const [dr = 0, loop = 0, xargs = 0] = ways.map(({name}) => seconds(name));
const down = ways.map(({name}) => median((results.get(name) ?? []).flatMap(({downtimesMs}) => downtimesMs)));
console.log(
  `\ndr / best of the others: makespan ${(dr / Math.min(loop, xargs)).toFixed(2)}, downtime ${((down[0] ?? 0) / Math.min(down[1] ?? 0, down[2] ?? 0)).toFixed(2)}`,
);
console.log(`dr / xargs -P2: makespan ${(dr / xargs).toFixed(2)}`);

/** Watches guests from a process of its own; stopping tells the longest silence of each, in ms. */
function watch(addresses: readonly string[]): () => Promise<number[]> {
  const child = execa(process.execPath, [join(import.meta.dirname, 'watch.ts'), ...addresses], {stdin: 'pipe'});
  return async () => {
    child.stdin.end();
    return JSON.parse((await child).stdout) as number[];
  };
}

async function downtimeMs(measured: Rig, host: string, name: string): Promise<number> {
  const text = await measured.shell(host, `virsh domjobinfo --completed ${name}`);
  return Number(/Total downtime: +(\d+)/u.exec(text)?.[1] ?? Number.NaN);
}

async function mustRun({lab}: Rig, host: string, command: string): Promise<void> {
  const {exitCode, stderr} = await lab.exec(host, ['sh', '-c', command]);
  if (exitCode !== 0) throw new Error(stderr);
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.filter(number => !Number.isNaN(number)).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function spread(numbers: readonly number[]): string {
  return `${median(numbers).toFixed(0)}, ${Math.max(...numbers).toFixed(0)}`;
}
