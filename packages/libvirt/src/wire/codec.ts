import {Buffer} from 'node:buffer';
import {protocolError} from '../connection-error.ts';
import {structs, type Fields, type Inputs, type ScalarValues, type Schema} from './schema.ts';
import {typedParamTypes, type TypedParam, type TypedParamType, type TypedValue} from './typed-param.ts';
import type {XdrReader} from './xdr-reader.ts';
import type {XdrWriter} from './xdr-writer.ts';

/** Writes values of one type, and reads them back. */
interface Codec<Value = unknown> {
  readonly write: (writer: XdrWriter, value: Value) => void;
  readonly read: (reader: XdrReader) => Value;
}

/** Writes what a schema describes. `flags` that are left out are 0, whatever may be absent is absent then. */
export function encode<S extends Schema>(writer: XdrWriter, schema: S, value: Inputs<S>): void {
  structCodec(schema).write(writer, value);
}

/** Reads what a schema describes; bytes that follow it are left alone, as newer daemons may append fields. */
export function decode<S extends Schema>(reader: XdrReader, schema: S): Fields<S> {
  return structCodec(schema).read(reader) as Fields<S>;
}

const compiled = new Map<Schema, Codec<Record<string, unknown>>>();

function structCodec(schema: Schema): Codec<Record<string, unknown>> {
  let codec = compiled.get(schema);
  if (codec === undefined) {
    codec = compileStruct(schema);
    compiled.set(schema, codec);
  }
  return codec;
}

function compileStruct(schema: Schema): Codec<Record<string, unknown>> {
  const fields = schema
    .split(' ')
    .filter(field => field !== '')
    .map(field => {
      const [name = '', type = ''] = field.split(':');
      return {name, codec: typeCodec(type), absent: field === 'flags:u32' ? 0 : type.endsWith('?') ? null : undefined};
    });
  return {
    write(writer, value) {
      for (const {name, codec, absent} of fields) {
        try {
          codec.write(writer, value[name] ?? absent);
        } catch (error) {
          throw inField(name, error);
        }
      }
    },
    read(reader) {
      const value: Record<string, unknown> = {};
      for (const {name, codec} of fields) {
        value[name] = codec.read(reader);
      }
      return value;
    },
  };
}

function inField(name: string, error: unknown): unknown {
  if (error instanceof RangeError) {
    return new RangeError(`${name}: ${error.message}`, {cause: error});
  }
  if (error instanceof TypeError || error instanceof SyntaxError) {
    return new TypeError(`${name}: ${error.message}`, {cause: error});
  }
  return error;
}

function typeCodec(type: string): Codec {
  if (type.endsWith('[]')) {
    return listOf(typeCodec(type.slice(0, -2)));
  }
  if (type.endsWith('?')) {
    return optional(typeCodec(type.slice(0, -1)));
  }
  if (Object.hasOwn(scalars, type)) {
    return scalars[type as keyof typeof scalars] as Codec;
  }
  if (Object.hasOwn(structs, type)) {
    return structCodec(structs[type as keyof typeof structs]) as Codec;
  }
  throw new TypeError(`The notation knows no type ${type}`);
}

function listOf(item: Codec): Codec {
  return {
    write(writer, value) {
      const items = value as readonly unknown[];
      writer.u32(items.length);
      for (const one of items) {
        item.write(writer, one);
      }
    },
    read(reader) {
      const items: unknown[] = [];
      for (let left = reader.count(); left > 0; left--) {
        items.push(item.read(reader));
      }
      return items;
    },
  };
}

function optional(inner: Codec): Codec {
  return {
    write(writer, value) {
      writer.u32(value === null ? 0 : 1);
      if (value !== null) {
        inner.write(writer, value);
      }
    },
    read: reader => (reader.u32() === 0 ? null : inner.read(reader)),
  };
}

const param: Codec<TypedParam> = {
  write(writer, {field, type, value}) {
    scalars.string.write(writer, field);
    writer.i32(typedParamTypes.indexOf(type) + 1);
    if (type === 'boolean') {
      writer.i32(value ? 1 : 0);
    } else {
      const scalar = scalars[paramScalars[type]] as Codec;
      scalar.write(writer, value);
    }
  },
  read(reader) {
    const field = reader.string();
    const number = reader.i32();
    const type = typedParamTypes[number - 1];
    if (type === undefined) {
      throw protocolError(`The parameter ${field} has the unknown type ${number}`);
    }
    return {field, type, value: readParam[type](reader)} as TypedParam;
  },
};

const paramScalars = {int: 'i32', uint: 'u32', llong: 'i64', ullong: 'u64', double: 'f64', string: 'string'} as const;

const readParam: Readonly<Record<TypedParamType, (reader: XdrReader) => TypedValue>> = {
  int: reader => reader.i32(),
  uint: reader => reader.u32(),
  llong: reader => whenSafe(reader.i64()),
  ullong: reader => whenSafe(reader.u64()),
  double: reader => reader.f64(),
  boolean: reader => reader.i32() !== 0,
  string: reader => reader.string(),
};

function whenSafe(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

const chars32Length = 32;

const scalars: {readonly [Name in keyof ScalarValues]: Codec<ScalarValues[Name]>} = {
  i32: {
    write(writer, value) {
      requireType(Number.isInteger(value), 'a whole number', value);
      writer.i32(value);
    },
    read: reader => reader.i32(),
  },
  u32: {
    write(writer, value) {
      requireType(Number.isInteger(value), 'a whole number', value);
      writer.u32(value);
    },
    read: reader => reader.u32(),
  },
  i64: {write: (writer, value) => writer.i64(value), read: reader => reader.i64()},
  u64: {write: (writer, value) => writer.u64(value), read: reader => reader.u64()},
  f64: {write: (writer, value) => writer.f64(value), read: reader => reader.f64()},
  string: {
    write(writer, value) {
      requireType(typeof value === 'string', 'a string', value);
      // A daemon would take what stands before the NUL, and find another domain by it.
      if (value.includes('\0')) throw new TypeError('expected a string without NUL');
      writer.string(value);
    },
    read: reader => reader.string(),
  },
  bytes: {
    write(writer, value) {
      requireType(value instanceof Uint8Array, 'bytes', value);
      writer.bytes(value);
    },
    read: reader => reader.bytes(),
  },
  uuid: {
    write(writer, value) {
      requireType(typeof value === 'string' && writer.uuid(value), 'a UUID', value);
    },
    read: reader => reader.uuid(),
  },
  chars32: {
    write(writer, value) {
      const chars = new Uint8Array(chars32Length);
      chars.set(Buffer.from(value).subarray(0, chars32Length - 1));
      writeChars(writer, chars);
    },
    read(reader) {
      const chars = reader.chars(chars32Length);
      const end = chars.indexOf(0);
      return Buffer.from(end === -1 ? chars : chars.subarray(0, end)).toString();
    },
  },
  chars: {
    write(writer, value) {
      requireType(value instanceof Uint8Array, 'bytes', value);
      writer.u32(value.length);
      writeChars(writer, value);
    },
    read: reader => reader.chars(reader.count()),
  },
  param,
};

/** C's chars are signed here: above 127 the other three bytes are ones. */
function writeChars(writer: XdrWriter, chars: Uint8Array): void {
  for (const char of chars) {
    writer.i32((char << 24) >> 24);
  }
}

function requireType(right: boolean, wanted: string, value: unknown): void {
  if (!right) {
    const what = value === null || typeof value === 'number' ? value : typeof value;
    throw new TypeError(`expected ${wanted}, not ${what}`);
  }
}
