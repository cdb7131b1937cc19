import {Buffer} from 'node:buffer';
import test from 'ava';
import * as fc from 'fast-check';
import {ConnectionError} from '../../src/connection-error.ts';
import {procedures} from '../../src/procedures/procedures.ts';
import {events} from '../../src/procedures/events.ts';
import {decode, encode} from '../../src/wire/codec.ts';
import {structs, type Schema} from '../../src/wire/schema.ts';
import {XdrReader} from '../../src/wire/xdr-reader.ts';
import {stringBytesMax, XdrWriter} from '../../src/wire/xdr-writer.ts';
import {valuesOf} from '../fixtures/values.ts';

const payloads = Object.values(events).map(({payload}) => payload);
const calls = Object.values(procedures).flatMap(({args, returns}) => [args, returns]);
const schemas: Schema[] = [...new Set<Schema>([...Object.values(structs), ...calls, ...payloads])].sort();

function bytesOf(schema: Schema, value: object): Buffer {
  const writer = new XdrWriter(4);
  encode(writer, schema, value);
  return writer.written();
}

for (const schema of schemas.filter(each => each !== '')) {
  test(`encode, then decode gives back ${schema}`, t => {
    fc.assert(
      fc.property(valuesOf(schema), value => {
        const bytes = bytesOf(schema, value);
        const reader = new XdrReader(bytes);
        t.deepEqual(decode(reader, schema), value);
        return bytes.length % 4 === 0 && reader.remaining === 0;
      }),
      {numRuns: 20},
    );
  });
}

test('random bytes decode to something or are refused, and nothing else', t => {
  const refusals = new Set<unknown>();
  fc.assert(
    fc.property(fc.constantFrom(...schemas), fc.uint8Array({maxLength: 400}), (schema, bytes) => {
      try {
        decode(new XdrReader(Buffer.from(bytes)), schema);
      } catch (error) {
        refusals.add(error instanceof ConnectionError ? error.code : error);
      }
    }),
    {numRuns: 5000},
  );
  t.deepEqual([...refusals], ['PROTOCOL_ERROR']);
});

test('every message that is cut short is refused', t => {
  const schema = structs.domainStats;
  const value = {
    dom: {name: 'db', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 1},
    params: [{field: 'state.state', type: 'int', value: 1}],
  };
  const bytes = bytesOf(schema, value);
  for (let length = 0; length < bytes.length; length++) {
    t.throws(() => decode(new XdrReader(bytes.subarray(0, length)), schema), {code: 'PROTOCOL_ERROR'});
  }
});

test('a list that claims more items than there are bytes is refused at once', t => {
  const bytes = Buffer.from('ffffffff00000000', 'hex');
  t.throws(() => decode(new XdrReader(bytes), 'types:i32[]'), {
    code: 'PROTOCOL_ERROR',
    message: /list of 4294967295 items/,
  });
});

test('a typed parameter of an unknown type is refused', t => {
  const bytes = Buffer.from('0000000100000001610000000000000800000000', 'hex');
  t.throws(() => decode(new XdrReader(bytes), 'params:param[]'), {message: /a has the unknown type 8/});
});

test('flags and what may be absent can be left out', t => {
  t.is(bytesOf('dom:domain? flags:u32', {}).toString('hex'), '0000000000000000');
});

test('flags take what bitwise operators make of the highest bit', t => {
  t.is(bytesOf('flags:u32', {flags: (1 << 31) | 1}).toString('hex'), '80000001');
});

test('chars take four bytes each and carry their sign', t => {
  t.is(bytesOf('data:chars', {data: Uint8Array.of(1, 0xff)}).toString('hex'), '0000000200000001ffffffff');
});

test('64-bit values of typed parameters are numbers while these are exact', t => {
  const params = [
    {field: 'a', type: 'ullong', value: Number.MAX_SAFE_INTEGER},
    {field: 'b', type: 'ullong', value: 2n ** 64n - 1n},
  ];
  const bytes = bytesOf('params:param[]', {params});
  t.deepEqual(decode(new XdrReader(bytes), 'params:param[]') as unknown, {params});
});

const refuses = test.macro({
  exec(t, schema: Schema, value: object, message: RegExp) {
    t.throws(() => bytesOf(schema, value), {message});
  },
  title: what => `refuses to send ${what}`,
});

test('a field that is missing', refuses, 'name:string', {}, /^name: expected a string, not undefined/);
test('a number where a string is due', refuses, 'dom:domain', {dom: {name: 5}}, /^dom: name: expected a string/);
test('a UUID that is none', refuses, 'uuid:uuid', {uuid: 'zz'}, /^uuid: expected a UUID/);
test('a number that does not fit', refuses, 'id:i32', {id: 2 ** 31}, /^id: .*out of range/);
test('a fraction as 64-bit integer', refuses, 'size:u64', {size: 0.5}, /^size: /);
test('a fraction as 32-bit integer', refuses, 'id:i32', {id: 1.7}, /^id: expected a whole number, not 1\.7/);
test('what is no number', refuses, 'nvcpus:u32', {nvcpus: NaN}, /^nvcpus: expected a whole number, not NaN/);
test('a number that is missing', refuses, 'nvcpus:u32', {}, /^nvcpus: expected a whole number, not undefined/);
test(
  'a name that would be cut off',
  refuses,
  'name:string',
  {name: 'web\0old'},
  /^name: expected a string without NUL/,
);
test('a negative size', refuses, 'size:u64', {size: -1n}, /^size: /);
test('a string that libvirt would not take', refuses, 'xml:string', {xml: 'x'.repeat(stringBytesMax + 1)}, /4194304/);
