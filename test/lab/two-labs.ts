import {join} from 'node:path';
import test from 'ava';
import {labDown, labUp} from '@dr-toolkit/lab';
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
