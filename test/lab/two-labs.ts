import {join, resolve} from 'node:path';
import test from 'ava';
import {labDown, labUp} from '@dr-toolkit/lab';
import {execa} from 'execa';
import {marksOf, traces} from './fixtures/traces.ts';
import {scratchLabs} from './fixtures/scratch-labs.ts';

test.serial('two labs come up at once, apart from each other, and go one by one', async t => {
  const folder = await scratchLabs(t);
  const [one, two] = await Promise.all([labUp({name: 'one', vms: 0}), labUp({name: 'two', vms: 0})]);
  const [first, second] = await Promise.all([one.status(), two.status()]);
  t.not(first.subnet, second.subnet);
  for (const {hosts} of [first, second])
    t.deepEqual(
      hosts.map(({libvirtd}) => libvirtd),
      [true, true],
    );

  const marks = await marksOf(join(folder, 'one'));
  t.true(await labDown('one'));
  t.deepEqual(await traces(marks), []);
  t.deepEqual(
    (await two.status()).hosts.map(({libvirtd}) => libvirtd),
    [true, true],
  );
  t.is((await two.exec('sunjammer', ['ssh', 'newhost', 'hostname'])).stdout, 'newhost');
});

test.serial('processes that change one lab at the same time lose nothing of each other', async t => {
  await scratchLabs(t);
  const lab = await labUp({name: 'one', hosts: ['alder', 'birch', 'cedar'], vms: 0});
  const bin = resolve(import.meta.dirname, '../../packages/cli/bin/dr.js');
  const dr = async (...args: readonly string[]) =>
    execa(process.execPath, [bin, 'lab', ...args, '--name', 'one'], {stdin: 'ignore', reject: false});
  const ended = await Promise.all([
    dr('power-off', 'alder'),
    dr('cut', 'birch'),
    dr('link', 'cedar', '--rate', '100'),
    dr('cut', 'birch', 'cedar'),
    dr('cut', 'cedar', 'controller'),
    dr('link', 'birch', '--delay', '5'),
  ]);
  for (const {exitCode, stderr} of ended) t.is(exitCode, 0, stderr);
  const {hosts, cuts} = await lab.record();
  t.deepEqual(
    hosts.map(({wanted, processes, cut, link}) => ({wanted, on: processes !== undefined, cut, link})),
    [
      {wanted: 'off', on: false, cut: false, link: {}},
      {wanted: 'on', on: true, cut: true, link: {delayMs: 5}},
      {wanted: 'on', on: true, cut: false, link: {rateMbit: 100}},
    ],
  );
  t.deepEqual(cuts.map(ends => ends.join(' ')).toSorted(), ['birch cedar', 'cedar controller']);
  t.true(await lab.down());
});

test.serial('of two that bring up the same lab one does, and others keep away from it until it is up', async t => {
  await scratchLabs(t);
  const ups = await Promise.allSettled([labUp({name: 'one', vms: 0}), labUp({name: 'one', vms: 0})]);
  t.deepEqual(ups.map(({status}) => status).toSorted(), ['fulfilled', 'rejected']);
  t.like(ups.find(up => up.status === 'rejected')?.reason, {code: 'LAB_EXISTS'});
  const lab = ups.find(up => up.status === 'fulfilled')?.value ?? t.fail();
  t.deepEqual(
    (await lab.status()).hosts.map(({libvirtd}) => libvirtd),
    [true, true],
  );
  t.deepEqual((await Promise.all([lab.down(), labDown('one')])).toSorted(), [false, true]);
});

test.serial('an up that is told to stop leaves nothing', async t => {
  const folder = await scratchLabs(t);
  const stop = new AbortController();
  const up = labUp({
    name: 'one',
    vms: 1,
    signal: stop.signal,
    onProgress: ({subject, state}) => {
      if (subject === 'aslo-proxy' && state === 'started') stop.abort(new Error('told to stop'));
    },
  });
  await t.throwsAsync(up, {message: 'told to stop'});
  t.deepEqual(await traces({folder: join(folder, 'one'), devices: []}), []);
});

test.serial('a look at a lab bears that a host dies meanwhile, and ends when it is told to', async t => {
  await scratchLabs(t);
  const lab = await labUp({name: 'one', vms: 0});
  await lab.exec('newhost', ['sh', '-c', 'kill -STOP "$(cat /run/libvirt/libvirtd.pid)"']);
  const stop = new AbortController();
  const stopped = t.throwsAsync(lab.status({signal: stop.signal}), {message: 'enough'});
  const looking = lab.status();
  stop.abort(new Error('enough'));
  await lab.powerOff('newhost');
  const {hosts} = await looking;
  t.deepEqual(
    hosts.map(({libvirtd}) => libvirtd),
    [true, false],
  );
  await stopped;
});
