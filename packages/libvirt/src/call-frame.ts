import type {Buffer} from 'node:buffer';
import {LibvirtError} from './libvirt-error.ts';
import type {Procedure} from './procedures/procedure.ts';
import {procedures, type ArgsOf, type ProcedureName, type ReturnsOf, type StreamName} from './procedures/procedures.ts';
import type {StreamPacket} from './rpc-stream.ts';
import {decode, encode} from './wire/codec.ts';
import {encodeFrame, frameStatus, frameTypes, programs, type Frame} from './wire/frame.ts';
import {structs} from './wire/schema.ts';
import {XdrReader} from './wire/xdr-reader.ts';

/** A call as it is sent. @throws {RangeError} or {TypeError} for an argument that cannot be sent, with its name. */
export function callFrame<Name extends ProcedureName>(name: Name, args: ArgsOf<Name>, serial: number): Buffer {
  const {program, number, args: schema}: Procedure = procedures[name];
  const header = {program: programs[program], procedure: number, type: frameTypes.call, serial, status: frameStatus.ok};
  return encodeFrame(header, writer => encode(writer, schema, args));
}

/** A packet of the stream that the call with this serial has opened. */
export function packetFrame(name: StreamName, serial: number, {type, status, payload}: StreamPacket): Buffer {
  const {program, number} = procedures[name];
  return encodeFrame({program: programs[program], procedure: number, type, serial, status}, payload);
}

/** What a call returned. @throws {LibvirtError} when it was refused or failed. */
export function returnsOf<Name extends ProcedureName>(name: Name, frame: Frame, host: string): ReturnsOf<Name> {
  if (frame.status !== frameStatus.ok) {
    throw errorOf(frame, host);
  }
  return decode(new XdrReader(frame.payload), procedures[name].returns as string) as ReturnsOf<Name>;
}

/** The error a frame carries. */
export function errorOf({program, procedure, payload}: Frame, host: string): LibvirtError {
  const known = Object.entries<Procedure>(procedures).find(
    ([, each]) => programs[each.program] === program && each.number === procedure,
  );
  const [name, {since}] = known ?? [`procedure ${procedure}`, {since: undefined}];
  const called = {host, procedure: name, procedureNumber: procedure, program, since};
  return new LibvirtError(decode(new XdrReader(payload), structs.error), called);
}
