import test from 'ava';

import {placesOnTarget} from '../src/domain-move.ts';
import type {DiskMove} from '../src/index.ts';

const path = '/images/web.qcow2';
const shared: DiskMove = {
  target: 'vda',
  storage: 'shared',
  sourcePath: path,
  targetPath: path,
  place: {path},
  format: 'qcow2',
  capacityBytes: 1,
  allocationBytes: 1,
  lengthBytes: 1,
};

test('the target names a disk anew unless it is the same file under the same name', t => {
  const disks: DiskMove[] = [
    shared,
    {...shared, target: 'vdb', storage: 'copy'},
    {...shared, target: 'vdc', targetPath: '/nas/web.qcow2', place: {path: '/nas/web.qcow2'}},
    {...shared, target: 'vdd', place: {pool: 'nas', volume: 'web.qcow2'}},
  ];
  t.deepEqual(placesOnTarget({disks}), {
    vdb: {path},
    vdc: {path: '/nas/web.qcow2'},
    vdd: {pool: 'nas', volume: 'web.qcow2'},
  });
});
