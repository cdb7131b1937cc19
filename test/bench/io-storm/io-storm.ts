/**
 * A guest that writes a little and safely, on the disk that eight others are copied to: undisturbed, with all copies at
 * once, with fixed lanes, and with lanes on auto. Usage: node test/bench/io-storm/io-storm.ts [ROUNDS] [MIB_PER_SECOND]
 */
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';

import {openStore, runPlan} from '@dr-toolkit/engine';
import {openHosts, readInventory} from '@dr-toolkit/hosts';
import {type Lab, labUp, openLab, waitForGuest} from '@dr-toolkit/lab';
import {assessMigration, automaticDiskLanes, migrationKinds, migrationPlan} from '@dr-toolkit/migrate';

import {preferGuests} from './prefer-guests.ts';
import {diskOf, slowDisk} from './slow-disk.ts';
import {Trace} from './trace.ts';
import {watchVictim} from './victim.ts';

const [rounds = 1, mibPerSecond = 40] = process.argv.slice(2).map(Number);
const dataMib = Number(process.env['STORM_DATA_MIB'] ?? 128);
const copies = Number(process.env['STORM_COPIES'] ?? 8);
const ways = (process.env['STORM_WAYS'] ?? '8,1,2,4,auto').split(',');
const [here, there] = ['sunjammer', 'newhost'] as const;

interface Measured {
  readonly waitsMs: readonly number[];
  readonly seconds: number;
}

const folder = await mkdtemp(join(tmpdir(), 'io-storm-'));
const kept = process.env['STORM_LAB'];
if (kept === undefined) process.env['DR_LAB_DIR'] = join(folder, 'labs');
const lab =
  kept === undefined
    ? await labUp({
        name: 'storm',
        vms: 10,
        guestDiskMib: 3 * dataMib,
        hostDiskMib: Math.max(8192, copies * dataMib + 2048),
      })
    : await openLab(kept);
const hosts = openHosts(await Promise.all([here, there].map(async name => ({name, uri: await lab.uri(name)}))));
const trace = new Trace(process.env['STORM_TRACE']);
for (const host of hosts.values()) trace.host(host);
const store = openStore(join(folder, 'store.db'));
const guests = await lab.guests();
const [victimHere, victimThere, ...movers] = guests;
if (!victimHere || !victimThere) throw new Error('The lab has too few guests');
const results = new Map<string, Measured[]>();
/** Hosts that guests were copied to on auto. */
const found = new Set<string>();
const undo: Array<() => Promise<void>> = [];
let [from, to]: readonly [string, string] = [here, there];
try {
  if (process.env['STORM_READY'] === undefined) {
    await prepare(lab);
    await move([victimThere.name], {from: here, to: there, places: '1'});
  }
  const {hosts: readings} = await readInventory(hosts.values());
  if (readings.find(({name}) => name === there)?.domains.some(({name}) => name === movers[0]?.name))
    [from, to] = [there, here];
  undo.push(await preferGuests(lab, [here, there], [victimHere, victimThere]));
  for (const host of [here, there]) undo.push(await slowDisk(lab, host, mibPerSecond * 1024 ** 2));
  await sleep(3000);
  for (let round = 0; round < rounds; round += 1) {
    await measure('undisturbed', () => sleep(30_000));
    for (const places of ways.filter(Boolean)) {
      // From the second time in this direction on the disks are known from the times before.
      const known = places === 'auto' && found.has(to);
      if (places === 'auto') found.add(to);
      await measure(known ? 'auto, disks known' : places, () =>
        move(
          movers.slice(0, copies).map(({name}) => name),
          {from, to, places},
        ),
      );
      [from, to] = [to, from];
      await sleep(3000);
    }
  }
} finally {
  for (const act of undo) await act();
  await Promise.all(Array.from(hosts.values(), host => host.close()));
  await store.close();
  if (kept === undefined) await lab.down();
  await rm(folder, {recursive: true, force: true});
}
report();

/** Guests that write past the host's page cache, as servers' guests do, with something on their disks. */
async function prepare({exec}: Pick<Lab, 'exec'>): Promise<void> {
  const shell = (script: string) => exec.call(lab, here, ['sh', '-c', script]);
  for (const {name} of guests) {
    await shell(`virsh dumpxml --inactive ${name} | sed "s/<driver name='qemu' type='qcow2'/& cache='none'/" > /var/lib/libvirt/x.xml
      virsh define /var/lib/libvirt/x.xml && virsh destroy ${name} && virsh start ${name}`);
  }
  for (const guest of guests) await waitForGuest(guest, {withinMs: 180_000});
  // No zeros: those are not copied.
  const script = `rm -f /var/fill; yes 0123456789abcdef | head -c 1048576 > /run/block
    i=0; while [ $i -lt ${dataMib} ]; do cat /run/block; i=$((i + 1)); done > /var/fill; sync; echo filled > /run/www/filled`;
  const fill = {execute: 'guest-exec', arguments: {path: '/bin/sh', arg: ['-c', script]}};
  for (const {name} of movers) await exec.call(lab, here, ['virsh', 'qemu-agent-command', name, JSON.stringify(fill)]);
  for (const {address} of movers) {
    while (!(await fetch(`http://${address}/filled`).catch(() => undefined))?.ok) await sleep(1000);
  }
}

/** Moves domains and returns when the run has ended. `places` of the disk lanes: a number, or auto. */
async function move(names: readonly string[], way: {from: string; to: string; places: string}): Promise<void> {
  const {from: source, to: target, places} = way;
  const inventory = await readInventory(hosts.values());
  const route = {targetUri: `qemu+ssh://root@${target}/system`};
  const request = {
    from: source,
    to: target,
    route,
    domains: names,
    sourceDisks: 'delete',
    keptDisks: 'replace',
  } as const;
  const {plan, findings} = migrationPlan(inventory, request, await assessMigration(hosts, inventory, request));
  if (!plan) throw new Error(findings.map(({message}) => message).join('\n'));
  const link = `link:${[source, target].toSorted().join('-')}`;
  const wide = {[link]: 8, [`host:${source}/migrations-out`]: 8, [`host:${target}/migrations-in`]: 8};
  const disks = [source, target].map(host => ({host, lane: `host:${host}/disk`, from: 4}));
  const auto = places === 'auto';
  const narrow = Object.fromEntries(disks.map(({lane}) => [lane, auto ? 4 : Number(places)]));
  const {status, steps} = await runPlan(plan, {
    store,
    kinds: migrationKinds,
    context: {hosts},
    lanes: {...wide, ...narrow},
    ...(auto && {automatic: automaticDiskLanes(hosts, disks).map(lane => trace.lane(lane))}),
    onEvent: event => {
      if (event.type === 'lane-limit') console.log(`  ${event.at.slice(11, 19)} ${JSON.stringify(event)}`);
    },
  });
  if (status === 'done') return;
  throw new Error(
    Object.values(steps)
      .flatMap(({error}) => error?.message ?? [])
      .join('\n'),
  );
}

async function measure(name: string, act: () => Promise<unknown>): Promise<void> {
  const victim = to === here ? victimHere : victimThere;
  if (!victim) return;
  const stop = await watchVictim(lab, to, victim);
  trace.note({what: 'way', way: name});
  const watched = trace.disk(await diskOf(lab, to));
  const startMs = performance.now();
  await act();
  const seconds = (performance.now() - startMs) / 1000;
  watched();
  const writes = await stop();
  await trace.save(writes);
  const measured = {waitsMs: writes.map(({waitMs}) => waitMs), seconds};
  results.set(name, [...(results.get(name) ?? []), measured]);
  console.log(line(name, [measured]));
}

function report(): void {
  console.log(
    `\n${copies} guests of ${dataMib} MiB each, ${rounds} rounds, a disk of ${mibPerSecond} MiB/s; waits of the victim in ms`,
  );
  console.log('                    writes     p50     p95     p99    most   makespan s');
  for (const [name, measured] of results) console.log(line(name, measured));
}

function line(name: string, measured: readonly Measured[]): string {
  const waits = measured.flatMap(({waitsMs}) => waitsMs).toSorted((a, b) => a - b);
  const at = (share: number) => waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? Number.NaN;
  const seconds = measured.reduce((sum, one) => sum + one.seconds, 0) / measured.length;
  const title = name === String(copies) ? 'all at once' : /^\d/u.test(name) ? `${name} at once` : name;
  const numbers = [waits.length, at(0.5), at(0.95), at(0.99), at(1)].map(number => number.toFixed(0).padStart(8));
  return `${title.padEnd(17)} ${numbers.join('')}${seconds.toFixed(1).padStart(13)}`;
}
