import test from 'ava';

import {missingPools, parseEstate} from '../src/index.ts';
import {hostReading, poolReading} from './fixtures/readings.ts';

const hosts = `
  sunjammer: {uri: "qemu:///system"}
  newhost: {uri: "qemu+ssh://newhost/system", lanes: {pools: {nvmee: 4}}}`;

function missing(yaml: string, pools: Readonly<Record<string, readonly string[]>>) {
  const readings = Object.entries(pools).map(([name, names]) => hostReading(name, {pools: names.map(poolReading)}));
  return missingPools(parseEstate(`estate: x\nhosts:${hosts}\n${yaml}`), readings);
}

test('a pool that its host does not have is told with what was meant', t => {
  t.deepEqual(missing('', {sunjammer: ['nvmee'], newhost: ['default', 'nvme']}), [
    {host: 'newhost', name: 'nvmee', lane: 'pool:newhost/nvmee', hint: 'Did you mean nvme?'},
  ]);
  t.is(missing('', {newhost: ['tank']})[0]?.hint, 'Known: tank');
});

test('one that is there, by either name, is not', t => {
  t.deepEqual(missing('', {newhost: ['nvmee']}), []);
  t.deepEqual(missing('pools: {nvmee: {newhost: tank}}', {newhost: ['tank']}), []);
  t.like(missing('pools: {nvmee: {newhost: tank}}', {newhost: ['nvmee']}), [{lane: 'pool:newhost/tank'}]);
});

test('nothing is said of a host that was not read', t => {
  t.deepEqual(missing('', {sunjammer: ['default']}), []);
});

test('a pool for all hosts is missing only when all were read and none has it', t => {
  const all = 'lanes: {pools: {archive: 1}}';
  const names = (pools: Readonly<Record<string, readonly string[]>>) =>
    missing(all, pools).map(({host, name}) => `${host} ${name}`);
  t.deepEqual(names({sunjammer: ['archive'], newhost: ['nvmee']}), []);
  t.deepEqual(names({newhost: ['nvmee']}), []);
  t.deepEqual(names({sunjammer: [], newhost: ['nvmee']}), ['sunjammer archive', 'newhost archive']);
});
