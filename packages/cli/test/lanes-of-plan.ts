import {makePlan} from '@dr-toolkit/engine';
import {parseEstate} from '@dr-toolkit/estate';
import test from 'ava';

import {lanesOfPlan} from '../src/lanes-of-plan.ts';

const estate = parseEstate('estate: x\nhosts:\n  alder: {uri: "qemu:///a"}\n  birch: {uri: "qemu:///b"}\n');

function moving(options?: {readonly parallel: number}) {
  const args = {domain: 'web', uuid: 'u', from: 'alder', to: 'birch', how: 'live', targetUri: '', disks: []};
  const intent = {command: 'migrate --from alder --to birch', ...(options && {options})};
  const steps = [{id: 'web', kind: 'move', title: 'Move', args}];
  const kinds = [{kind: 'move', inspect: async () => ({state: 'pending'}) as const, perform: async () => undefined}];
  return makePlan({intent, mode: 'planned', estate: '', inventory: '', steps}, {kinds});
}

test('a run that is taken up keeps to the --parallel it was begun with', t => {
  const {lanes} = lanesOfPlan(moving({parallel: 1}), estate);
  t.is(lanes['host:alder/disk'], 1);
  t.is(lanes['host:birch/migrations-in'], 1);
});

test('without --parallel it keeps to dr.yaml', t => {
  t.is(lanesOfPlan(moving(), estate).lanes['host:alder/disk'], 2);
});
