/**
 * Six running VMs from host to host: by `dr migrate`, by a loop of `virsh migrate`, and by `xargs -P2 virsh migrate`, on
 * one lab in one run, once as small as the lab makes them and once with data on a second disk. dr's time is that of the
 * whole command: its start, the logins, reading the hosts, the preflight, the moves, the verification, retiring the
 * sources. What clients see of it is watched in a last round of its own, as asking six emulated guests all the time takes
 * processors that the moves need. Usage: node test/bench/migrate/migrate.ts [ROUNDS] [VMS] [MIB_OF_DATA,...]
 */
import {join} from 'node:path';
import {execa} from 'execa';

import {drIn} from '../../cli/fixtures/dr.ts';
import {labRig, type Rig} from '../../migrate/fixtures/lab-migration.ts';
import {median} from '../timing.ts';

const [roundsText = '2', vmsText = '6', sizesText = '0,512'] = process.argv.slice(2);
const [rounds, vms] = [Number(roundsText), Number(vmsText)];
const sizesMib = sizesText.split(',').map(Number);
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
    async move({folder}, from, to) {
      const dr = drIn(folder, 'migrate');
      const {exitCode, stderr} = await dr('migrate', '--from', from, '--to', to, '--yes', '--delete-source');
      if (exitCode !== 0) throw new Error(stderr);
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

/** Of one way in one round: how long it took, or what its clients saw. */
interface Measured {
  readonly seconds?: number;
  /** As the hypervisor tells, of each VM. */
  readonly downtimesMs?: readonly number[];
  /** The longest time without an answer, of each VM. */
  readonly silencesMs?: readonly number[];
}

for (const mib of sizesMib) {
  const rig = await labRig({vms, hostDiskMib: vms * (mib + 200) + 512});
  try {
    tell(mib, await measure(rig, mib));
  } finally {
    await rig.close();
  }
}

async function measure(rig: Rig, mib: number): Promise<ReadonlyMap<string, readonly Measured[]>> {
  const results = new Map<string, Measured[]>(ways.map(({name}) => [name, []]));
  const guests = await rig.lab.guests();
  const names = guests.map(({name}) => name);
  let [from, to] = ['sunjammer', 'newhost'];
  if (mib > 0) for (const name of names) await mustRun(rig, from, dataDisk(name, mib));
  // libvirtd asks QEMU what it can do at a host's first arrival, which takes seconds: nobody's time.
  for (const [one, other] of [
    [from, to],
    [to, from],
  ] as const) {
    await mustRun(rig, one, `echo ${names.join(' ')} | tr ' ' '\\n' | xargs -P2 -I{} ${virsh(other)}`);
    await emptied(rig, one);
  }
  for (let round = 0; round <= rounds; round += 1) {
    const watched = round === rounds;
    // Each round begins with another way, so that none is always the first or the warmest.
    for (const way of ways
      .map((_, index) => ways[(index + round) % ways.length])
      .filter(found => found !== undefined)) {
      const stopWatching = watched ? watch(guests.map(({address}) => address)) : async () => [];
      const startMs = performance.now();
      await way.move(rig, from, to, names);
      const seconds = (performance.now() - startMs) / 1000;
      const silencesMs = await stopWatching();
      const downtimesMs = await Promise.all(names.map(name => downtimeMs(rig, to, name)));
      results.get(way.name)?.push(watched ? {silencesMs} : {seconds, downtimesMs});
      const title = watched ? 'watched' : `round ${round + 1}`;
      console.log(`${sizeText(mib)}  ${title}  ${way.name.padEnd(24)}${seconds.toFixed(1).padStart(7)} s`);
      await emptied(rig, from);
      [from, to] = [to, from];
    }
  }
  return results;
}

function tell(mib: number, results: ReadonlyMap<string, readonly Measured[]>): void {
  const all = (name: string) => results.get(name) ?? [];
  const seconds = (name: string) => median(all(name).flatMap(measured => measured.seconds ?? []));
  const downtimes = (name: string) => all(name).flatMap(({downtimesMs}) => downtimesMs ?? []);
  console.log(
    `\n${vms} VMs, ${sizeText(mib)}, ${rounds} rounds${' '.repeat(3)}makespan s   downtime ms (median, worst)   longest silence ms (median, worst)`,
  );
  for (const {name} of ways) {
    const silences = all(name).flatMap(({silencesMs}) => silencesMs ?? []);
    console.log(
      `${name.padEnd(36)}${seconds(name).toFixed(1).padStart(10)}${spread(downtimes(name)).padStart(28)}${spread(silences).padStart(34)}`,
    );
  }
  const [dr = 0, loop = 0, xargs = 0] = ways.map(({name}) => seconds(name));
  const [drDown = 0, , xargsDown = 0] = ways.map(({name}) => median(downtimes(name)));
  // A guest that moves alone stands still for less: only at equal parallelism is that a comparison.
  console.log(
    `dr / best of the others: makespan ${(dr / Math.min(loop, xargs)).toFixed(2)}; dr / xargs: downtime ${(drDown / xargsDown).toFixed(2)}\n`,
  );
}

function sizeText(mib: number): string {
  return mib === 0 ? 'as the lab makes them' : `with ${mib} MiB of data each`;
}

/** A second disk full of data that no copy can leave out. */
function dataDisk(name: string, mib: number): string {
  const file = `${images}/${name}-data.raw`;
  return `head -c ${mib}M /dev/urandom > ${file} && virsh attach-disk ${name} ${file} vdb --subdriver raw --persistent`;
}

/** virsh leaves the source's disks behind; both begin with an empty pool. */
async function emptied(rig: Rig, host: string): Promise<void> {
  await mustRun(rig, host, `rm -f ${images}/* && virsh pool-refresh default`);
}

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

function spread(numbers: readonly number[]): string {
  return `${median(numbers).toFixed(0)}, ${Math.max(...numbers).toFixed(0)}`;
}
