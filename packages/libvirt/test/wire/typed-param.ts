import test from 'ava';
import {paramValues, repeatedValues, typedParams} from '../../src/wire/typed-param.ts';

const types = {bandwidth: 'ullong', disks_port: 'int', migrate_disks: 'string[]'} as const;

test('values become parameters of the type that libvirt wants, lists a field several times', t => {
  t.deepEqual(typedParams(types, {bandwidth: 100, migrate_disks: ['vda', 'vdb'], disks_port: undefined}), [
    {field: 'bandwidth', type: 'ullong', value: 100},
    {field: 'migrate_disks', type: 'string', value: 'vda'},
    {field: 'migrate_disks', type: 'string', value: 'vdb'},
  ]);
});

test('a value that no type is known for is refused', t => {
  t.throws(() => typedParams(types, {bandwith: 100} as object), {message: /bandwith/});
});

test('parameters are read by name', t => {
  const params = typedParams(types, {bandwidth: 100, migrate_disks: ['vda', 'vdb']});
  t.deepEqual(paramValues(params), {bandwidth: 100, migrate_disks: 'vdb'});
  t.deepEqual(repeatedValues(params, 'migrate_disks'), ['vda', 'vdb']);
});
