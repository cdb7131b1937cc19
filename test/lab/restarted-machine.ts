import test from 'ava';
import {labUp} from '@dr-toolkit/lab';
import {execa} from 'execa';

import {scratchLabs} from './fixtures/scratch-labs.ts';

test('a lab whose bridge is gone touches no other lab that has one of that name by now', async t => {
  await scratchLabs(t);
  const lab = await labUp({name: 'one', vms: 0});
  const {bridge = t.fail()} = await lab.record();
  await lab.powerOff('newhost');
  const setAddress = (mac: string) => execa('ip', ['link', 'set', bridge.name, 'address', mac]);
  await setAddress('52:54:00:ff:ff:ff');
  try {
    t.is((await lab.status()).state, 'broken');
    await t.throwsAsync(lab.powerOn('newhost'), {code: 'NETWORK_GONE'});
    await t.throwsAsync(lab.cut('newhost', 'controller'), {code: 'NETWORK_GONE'});
    await t.throwsAsync(lab.setLink('sunjammer', {rateMbit: 10}), {code: 'NETWORK_GONE'});
    t.false((await execa('ip', ['neighbour', 'show', 'dev', bridge.name])).stdout.includes('PERMANENT'));
  } finally {
    await setAddress(bridge.mac);
  }
  await lab.powerOn('newhost');
  t.is((await lab.status()).hosts[1]?.power, 'on');
});
