import test from 'ava';
import {domainFigures} from '../../src/domain/domain-stats.ts';
import type {TypedParam} from '../../src/wire/typed-param.ts';

const ullong = (field: string, value: number | bigint): TypedParam => ({field, type: 'ullong', value});
const string = (field: string, value: string): TypedParam => ({field, type: 'string', value});

test('a flat list becomes figures by disk and interface', t => {
  const figures = domainFigures([
    {field: 'state.state', type: 'int', value: 1},
    {field: 'state.reason', type: 'int', value: 2},
    ullong('cpu.time', 9_007_199_254_740_993n),
    ullong('balloon.current', 1024),
    ullong('balloon.maximum', 2048),
    {field: 'net.count', type: 'uint', value: 1},
    string('net.0.name', 'vnet0'),
    ullong('net.0.rx.bytes', 10),
    ullong('net.0.tx.drop', 2),
    {field: 'block.count', type: 'uint', value: 2},
    string('block.0.name', 'vda'),
    ullong('block.0.rd.reqs', 3),
    ullong('block.0.fl.times', 4),
    ullong('block.0.capacity', 5),
    string('block.1.name', 'sda'),
    string('block.1.path', '/iso/a.iso'),
  ]);
  t.deepEqual(figures.state, {state: 'running', reason: 'migrated'});
  t.is(figures.cpu?.timeNs, 9_007_199_254_740_993n);
  t.deepEqual(figures.balloon, {currentKib: 1024, maximumKib: 2048});
  t.like(figures.interfaces, [{name: 'vnet0', received: {bytes: 10}, sent: {dropped: 2}}]);
  t.like(figures.disks, [
    {name: 'vda', read: {requests: 3}, flushed: {timeNs: 4n}, capacity: 5},
    {name: 'sda', path: '/iso/a.iso', read: {requests: 0}},
  ]);
  t.is(figures.values['net.0.rx.bytes'], 10);
});

test('what was not asked for is absent', t => {
  t.deepEqual(domainFigures([]), {values: {}});
});
