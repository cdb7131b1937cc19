import type {Schema} from '../wire/schema.ts';

export type Program = 'remote' | 'qemu';
export type Priority = 'high' | 'normal';
/** Where the bytes of a stream go, seen from the client. */
export type StreamDirection = 'receive' | 'send' | 'duplex';

/** One procedure of the daemon: its number, what it takes and returns, and how it is served. */
export interface Procedure<Args extends Schema = Schema, Returns extends Schema = Schema> {
  readonly program: Program;
  readonly number: number;
  readonly args: Args;
  readonly returns: Returns;
  /** `high` is answered by workers of its own, even while all others are busy with migrations. */
  readonly priority: Priority;
  /** The libvirt version that brought it, where that is later than 3.0. */
  readonly since?: string | undefined;
}

export interface StreamProcedure<Args extends Schema = Schema, Returns extends Schema = Schema> extends Procedure<
  Args,
  Returns
> {
  readonly stream: StreamDirection;
}

/** A message the daemon sends of its own accord. `id` is what to register for, where that is not 0. */
export interface EventProcedure<Payload extends Schema = Schema> {
  readonly program: Program;
  readonly number: number;
  readonly payload: Payload;
  readonly id: number;
}

interface Options {
  readonly priority?: Priority;
  readonly since?: string | undefined;
}

export function call<const Args extends Schema, const Returns extends Schema>(
  number: number,
  args: Args,
  returns: Returns,
  options: Options = {},
): Procedure<Args, Returns> {
  return {program: 'remote', number, args, returns, priority: 'normal', ...options};
}

export function qemuCall<const Args extends Schema, const Returns extends Schema>(
  number: number,
  args: Args,
  returns: Returns,
  options: Options = {},
): Procedure<Args, Returns> {
  return {...call(number, args, returns, options), program: 'qemu'};
}

export function streamCall<const Args extends Schema, const Returns extends Schema>(
  number: number,
  stream: StreamDirection,
  args: Args,
  returns: Returns,
): StreamProcedure<Args, Returns> {
  return {...call(number, args, returns), stream};
}

export function event<const Payload extends Schema>(number: number, payload: Payload, id = 0): EventProcedure<Payload> {
  return {program: 'remote', number, payload, id};
}

export function qemuEvent<const Payload extends Schema>(number: number, payload: Payload): EventProcedure<Payload> {
  return {...event(number, payload), program: 'qemu'};
}
