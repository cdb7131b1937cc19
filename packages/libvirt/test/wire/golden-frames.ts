import {Buffer} from 'node:buffer';
import test from 'ava';
import {procedures, type ProcedureName} from '../../src/procedures/procedures.ts';
import {decode, encode} from '../../src/wire/codec.ts';
import {encodeFrame, parseFrame, programs} from '../../src/wire/frame.ts';
import {structs} from '../../src/wire/schema.ts';
import {XdrReader} from '../../src/wire/xdr-reader.ts';

// Captured between virsh and libvirtd 9.0 with test:///default.
const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

const sends = test.macro({
  exec(t, name: ProcedureName, args: object, serial: number, hex: string) {
    const {number, args: schema} = procedures[name];
    const header = {program: programs.remote, procedure: number, type: 0, serial, status: 0};
    t.deepEqual(
      encodeFrame(header, writer => encode(writer, schema as string, args)),
      bytes(hex),
    );
  },
  title: (_title, name: ProcedureName) => `${name} is sent as virsh sends it`,
});

test(sends, 'AUTH_LIST', {}, 1, '0000001c 20008086 00000001 00000042 00000000 00000001 00000000');
test(
  sends,
  'CONNECT_OPEN',
  {name: 'test:///default'},
  2,
  '00000038 20008086 00000001 00000001 00000000 00000002 00000000 00000001 0000000f 74657374 3a2f2f2f 64656661 756c7400 00000000',
);
test(
  sends,
  'DOMAIN_LOOKUP_BY_NAME',
  {name: 'test'},
  3,
  '00000024 20008086 00000001 00000017 00000000 00000003 00000000 00000004 74657374',
);

const reads = test.macro({
  exec(t, schema: string, hex: string, header: object, value: object) {
    const {payload, ...rest} = parseFrame(bytes(hex));
    t.like(rest, header);
    const reader = new XdrReader(payload);
    t.deepEqual(decode(reader, schema) as object, value);
    t.is(reader.remaining, 0);
  },
  title: what => `reads ${what}`,
});

test(
  'how to log in',
  reads,
  procedures.AUTH_LIST.returns,
  '00000024 20008086 00000001 00000042 00000001 00000001 00000000 00000001 00000000',
  {program: programs.remote, procedure: 66, type: 1, serial: 1, status: 0},
  {types: [0]},
);
test(
  'a domain that was looked up',
  reads,
  procedures.DOMAIN_LOOKUP_BY_NAME.returns,
  '00000038 20008086 00000001 00000017 00000001 00000003 00000000 00000004 74657374 6695eb01 f6a48304 79aa97f2 502e193f 00000001',
  {procedure: 23, type: 1, serial: 3, status: 0},
  {dom: {name: 'test', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 1}},
);
test(
  'an error',
  reads,
  structs.error,
  '00000070 20008086 00000001 00000017 00000001 00000005 00000001 0000002a 0000000c 00000001 00000010 446f6d61 696e206e 6f742066 6f756e64 00000002 00000000 00000001 00000010 446f6d61 696e206e 6f742066 6f756e64 00000000 00000000 ffffffff ffffffff 00000000',
  {procedure: 23, type: 1, serial: 5, status: 1},
  {
    code: 42,
    domain: 12,
    message: 'Domain not found',
    level: 2,
    dom: null,
    str1: 'Domain not found',
    str2: null,
    str3: null,
    int1: -1,
    int2: -1,
    net: null,
  },
);
test(
  'a ping',
  reads,
  '',
  '0000001c 6b656570 00000001 00000001 00000002 00000000 00000000',
  {program: programs.keepalive, procedure: 1, type: 2, serial: 0},
  {},
);
