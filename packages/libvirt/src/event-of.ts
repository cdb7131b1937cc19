import {events} from './procedures/events.ts';
import type {EventProcedure} from './procedures/procedure.ts';
import type {EventName, WireEvent} from './procedures/procedures.ts';
import {decode} from './wire/codec.ts';
import {programs, type Frame} from './wire/frame.ts';
import {XdrReader} from './wire/xdr-reader.ts';

const names: Readonly<Record<keyof typeof programs, Map<number, EventName>>> = {
  remote: new Map(),
  qemu: new Map(),
  keepalive: new Map(),
};
for (const [name, {program, number}] of Object.entries<EventProcedure>(events)) {
  names[program].set(number, name as EventName);
}

/** The event a message carries, or `undefined` for one that is newer than this client. */
export function eventOf({program, procedure, payload}: Frame): WireEvent | undefined {
  const name = (program === programs.qemu ? names.qemu : names.remote).get(procedure);
  return name === undefined
    ? undefined
    : ({name, payload: decode(new XdrReader(payload), events[name].payload)} as WireEvent);
}
