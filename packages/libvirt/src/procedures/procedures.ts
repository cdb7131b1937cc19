import type {Fields, Inputs} from '../wire/schema.ts';
import {agentProcedures} from './agent.ts';
import {blockProcedures} from './block.ts';
import {connectionProcedures} from './connection.ts';
import {domainProcedures} from './domain.ts';
import {eventRegistrationProcedures} from './event-registration.ts';
import type {events} from './events.ts';
import {migrationProcedures} from './migration.ts';
import {networkProcedures} from './network.ts';
import {nodeProcedures} from './node.ts';
import type {Procedure, StreamProcedure} from './procedure.ts';
import {qemuProcedures} from './qemu.ts';
import {snapshotProcedures} from './snapshot.ts';
import {storageProcedures} from './storage.ts';

/** Every procedure this client knows, by libvirt's own name. Numbers and layouts never change from version to version. */
export const procedures = {
  ...connectionProcedures,
  ...nodeProcedures,
  ...domainProcedures,
  ...agentProcedures,
  ...migrationProcedures,
  ...snapshotProcedures,
  ...blockProcedures,
  ...storageProcedures,
  ...networkProcedures,
  ...eventRegistrationProcedures,
  ...qemuProcedures,
};

export type Procedures = typeof procedures;
export type ProcedureName = keyof Procedures;
/** Procedures that move a stream of bytes beside their answer. */
export type StreamName = {
  [Name in ProcedureName]: Procedures[Name] extends StreamProcedure ? Name : never;
}[ProcedureName];
/** All other procedures. */
export type CallName = Exclude<ProcedureName, StreamName>;

export type ArgsOf<Name extends ProcedureName> = Procedures[Name] extends Procedure<infer Args> ? Inputs<Args> : never;
export type ReturnsOf<Name extends ProcedureName> =
  Procedures[Name] extends Procedure<string, infer Returns> ? Fields<Returns> : never;

export type EventName = keyof typeof events;
export type EventPayload<Name extends EventName> = Fields<(typeof events)[Name]['payload']>;
/** A message of the daemon: `name` says which, and so what its payload holds. */
export type WireEvent = {
  [Name in EventName]: {readonly name: Name; readonly payload: EventPayload<Name>};
}[EventName];
