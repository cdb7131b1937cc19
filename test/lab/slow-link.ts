import {once} from 'node:events';
import {connect} from 'node:net';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import test from 'ava';
import {execa} from 'execa';
import {labUp} from '@dr-toolkit/lab';

import {marksOf, traces} from './fixtures/traces.ts';
import {scratchLabs} from './fixtures/scratch-labs.ts';
import {labRig} from '../migrate/fixtures/lab-migration.ts';

/** The shortest of many round trips to a host's ssh, in ms: how long the way is, on however busy a machine. */
async function roundTripMs(address: string): Promise<number> {
  let shortest = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 20; tries++) {
    const socket = connect({host: address, port: 22});
    const startMs = performance.now();
    await once(socket, 'connect', {signal: AbortSignal.timeout(20_000)});
    shortest = Math.min(shortest, performance.now() - startMs);
    socket.destroy();
  }
  return shortest;
}

test.serial('a link is as long as it is set to, with a rate, through cuts and power cuts', async t => {
  t.timeout(600_000);
  const folder = await scratchLabs(t);
  const lab = await labUp({name: 'far', vms: 0});
  const {address} = await lab.host('newhost');
  const reach = async (seconds: number) =>
    lab.exec('sunjammer', ['ssh', '-o', `ConnectTimeout=${seconds}`, 'newhost', 'true']);
  const near = await roundTripMs(address);

  await lab.setLink('newhost', {delayMs: 25});
  const far = await roundTripMs(address);
  t.log(`round trip ${near.toFixed(1)} ms, with 25 ms each way ${far.toFixed(1)} ms`);
  t.true(far >= 50 && far < 100, `${far} ms`);
  t.is((await reach(20)).exitCode, 0);
  t.true((await roundTripMs((await lab.host('sunjammer')).address)) < 25, 'the other link is as it was');

  // A cut takes the delayed link too, and a healed one is as long as before.
  await lab.cut('newhost');
  t.regex((await reach(2)).stderr, /timed out/iu);
  await lab.heal('newhost');
  t.is((await reach(20)).exitCode, 0);
  t.true((await roundTripMs(address)) >= 50);

  // A rate beside it: 1 MB at 8 Mbit/s takes a second.
  await lab.setLink('newhost', {delayMs: 10, rateMbit: 8});
  const changed = await roundTripMs(address);
  t.true(changed >= 20 && changed < 50, `${changed} ms`);
  const startMs = performance.now();
  await lab.exec('sunjammer', ['sh', '-c', 'head -c 1000000 /dev/zero | ssh newhost cat > /dev/null']);
  t.true(performance.now() - startMs > 700);

  // The plug is pulled: the line goes with its host, and comes back with it.
  const marks = await marksOf(join(folder, 'far'));
  await lab.powerOff('newhost');
  t.deepEqual((await lab.record()).hosts[1]?.delayLine, undefined);
  await lab.powerOn('newhost');
  t.true((await roundTripMs(address)) >= 20);

  await lab.setLink('newhost', {});
  t.true((await roundTripMs(address)) < 20);
  t.is((await lab.record()).hosts[1]?.delayLine, undefined);

  await lab.setLink('newhost', {delayMs: 5});
  t.true(await lab.down());
  t.deepEqual(await traces(marks), []);
});

test.serial('setting a delay may be killed at any moment', async t => {
  t.timeout(600_000);
  const folder = await scratchLabs(t);
  const lab = await labUp({name: 'far', vms: 0});
  const {address} = await lab.host('newhost');
  const script = join(import.meta.dirname, 'fixtures/set-link.ts');
  for (const afterMs of [150, 200, 250, 300, 400, 600]) {
    const setting = execa(process.execPath, [script, 'far', 'newhost', '30'], {reject: false, stdin: 'ignore'});
    await sleep(afterMs); // to kill it somewhere, no matter where
    setting.kill('SIGKILL');
    await setting;
  }
  await lab.setLink('newhost', {delayMs: 15});
  const far = await roundTripMs(address);
  t.true(far >= 30 && far < 60, `${far} ms`);

  const marks = await marksOf(join(folder, 'far'));
  const setting = execa(process.execPath, [script, 'far', 'sunjammer', '30'], {reject: false, stdin: 'ignore'});
  await sleep(350);
  setting.kill('SIGKILL');
  await setting;
  t.true(await lab.down());
  t.deepEqual(await traces(marks), []);
});

test.serial('a link is made long also where labs lie on a file system without devices', async t => {
  const folder = join(await scratchLabs(t), 'nodev');
  await execa('mkdir', [folder]);
  await execa('mount', ['-t', 'tmpfs', '-o', 'nodev', 'tmpfs', folder]);
  process.env['DR_LAB_DIR'] = folder;
  try {
    await using lab = await labUp({name: 'far', vms: 0});
    await lab.setLink('newhost', {delayMs: 25});
    t.true((await roundTripMs((await lab.host('newhost')).address)) >= 50);
  } finally {
    await execa('umount', [folder]);
  }
});

test.serial('a VM moves over a link of 50 ms', async t => {
  t.timeout(600_000);
  const rig = await labRig({vms: 1});
  try {
    await rig.lab.setLink('newhost', {delayMs: 25});
    const bytes = 64 * 1024 ** 2;
    const startMs = performance.now();
    await rig.shell('sunjammer', `head -c ${bytes} /dev/zero | ssh newhost cat > /dev/null`);
    t.log(`${(bytes / 1024 ** 2 / ((performance.now() - startMs) / 1000)).toFixed(1)} MiB/s by ssh over it`);
    const {failures, outcome, plan} = await rig.migrate();
    t.deepEqual(failures, []);
    t.is(outcome?.status, 'done');
    t.deepEqual(await rig.places('aslo-proxy'), {newhost: 'running'});
    t.log(JSON.stringify(outcome?.steps[plan?.steps[1]?.id ?? '']?.result));
  } finally {
    await rig.close();
  }
});
