import test from 'ava';
import type {HostReading, KeptDisk} from '@dr-toolkit/hosts';

import {domainReading, hostReading} from '../../estate/test/fixtures/readings.ts';
import {reasonToKeep} from '../src/reason-to-keep.ts';

const disk: KeptDisk = {
  host: 'sunjammer',
  path: '/images/db.qcow2',
  allocationBytes: 1,
  domain: 'db',
  uuid: 'u1',
  movedTo: 'newhost',
  movedAt: '2026-11-22T12:00:00.000Z',
  run: 'r',
};

function host(name: string, ...uuids: readonly string[]): HostReading {
  return hostReading(name, {domains: uuids.map(uuid => domainReading('db', {uuid}))});
}

test('a kept disk goes when its domain is seen on another host', t => {
  t.is(reasonToKeep(disk, {hosts: [host('sunjammer'), host('newhost', 'u1')]}), undefined);
});

test('it stays when its domain is seen nowhere else', t => {
  t.regex(reasonToKeep(disk, {hosts: [host('sunjammer', 'u1'), host('newhost', 'u2')]}) ?? '', /last copy/u);
});

test('it stays while a domain of its host uses it', t => {
  t.is(reasonToKeep({...disk, usedBy: 'db-2'}, {hosts: [host('newhost', 'u1')]}), 'in use by db-2');
});

test('it stays while the other host has no more than a definition', t => {
  const vda = {
    target: 'vda',
    device: 'disk',
    type: 'file',
    path: '/images/db.qcow2',
    readonly: false,
    shareable: false,
  } as const;
  const home = (capacityBytes: number, state: 'running' | 'shutoff') => {
    const disks = [{...vda, capacityBytes, allocationBytes: 0, lengthBytes: 0, backingPaths: []}];
    return {hosts: [hostReading('newhost', {domains: [domainReading('db', {uuid: 'u1', state, disks})]})]};
  };
  t.regex(
    reasonToKeep(disk, home(0, 'shutoff')) ?? '',
    /shutoff on newhost, which has no \/images\/db\.qcow2: .*last copy/u,
  );
  t.is(reasonToKeep(disk, home(1, 'shutoff')), undefined);
  t.is(reasonToKeep(disk, home(0, 'running')), undefined);
});
