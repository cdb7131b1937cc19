import type {TypedParam} from './typed-param.ts';

/**
 * The notation in which every call and event is written down: fields in wire order, separated by one space, each
 * `name:type`. A type is a scalar, a struct of `structs`, or one of these with `[]` (a counted list) or `?` (may be absent).
 */
export type Schema = string;

/** Structs that several calls share. */
export const structs = {
  domain: 'name:string uuid:uuid id:i32',
  network: 'name:string uuid:uuid',
  pool: 'name:string uuid:uuid',
  nwfilter: 'name:string uuid:uuid',
  nodeDevice: 'name:string',
  volume: 'pool:string name:string key:string',
  secret: 'uuid:uuid usageType:i32 usageId:string',
  snapshot: 'name:string dom:domain',
  checkpoint: 'name:string dom:domain',
  domainStats: 'dom:domain params:param[]',
  nodeStat: 'field:string value:u64',
  memoryStat: 'tag:i32 val:u64',
  diskError: 'disk:string error:i32',
  interfaceAddresses: 'name:string hwaddr:string? addrs:ipAddress[]',
  ipAddress: 'type:i32 addr:string prefix:u32',
  fsInfo: 'mountpoint:string name:string fstype:string devAliases:string[]',
  dhcpLease:
    'iface:string expirytime:i64 type:i32 mac:string? iaid:string? ipaddr:string prefix:u32 hostname:string? clientid:string?',
  graphicsAddress: 'family:i32 node:string service:string',
  graphicsIdentity: 'type:string name:string',
  error:
    'code:i32 domain:i32 message:string? level:i32 dom:domain? str1:string? str2:string? str3:string? int1:i32 int2:i32 net:network?',
} as const satisfies Record<string, Schema>;

/** What each scalar decodes to. 64-bit integers are bigints: nanoseconds of CPU time outgrow a number in 104 days. */
export interface ScalarValues {
  i32: number;
  u32: number;
  i64: bigint;
  u64: bigint;
  f64: number;
  string: string;
  /** Sixteen bytes on the wire, the usual 36 characters here. */
  uuid: string;
  bytes: Uint8Array;
  /** A C string in an array of 32 chars, each of which takes four bytes on the wire. */
  chars32: string;
  /** A counted array of chars, four bytes each on the wire. */
  chars: Uint8Array;
  param: TypedParam;
}

/** What each scalar is encoded from: where a bigint is due, a safe integer will do. */
interface ScalarInputs extends Omit<ScalarValues, 'i64' | 'u64'> {
  i64: bigint | number;
  u64: bigint | number;
}

type Split<S extends string> = S extends `${infer Head} ${infer Tail}` ? Head | Split<Tail> : S;
type NameOf<Field extends string> = Field extends `${infer Name}:${string}` ? Name : never;
type TypeOf<Field extends string> = Field extends `${string}:${infer Type}` ? Type : never;

type Decoded<Type extends string> = Type extends `${infer Item}[]`
  ? Decoded<Item>[]
  : Type extends `${infer Item}?`
    ? Decoded<Item> | null
    : Type extends keyof ScalarValues
      ? ScalarValues[Type]
      : Type extends keyof typeof structs
        ? Fields<(typeof structs)[Type]>
        : never;

type Encodable<Type extends string> = Type extends `${infer Item}[]`
  ? readonly Encodable<Item>[]
  : Type extends `${infer Item}?`
    ? Encodable<Item> | null
    : Type extends keyof ScalarInputs
      ? ScalarInputs[Type]
      : Type extends keyof typeof structs
        ? Fields<(typeof structs)[Type]>
        : never;

/** The object a schema decodes to: `Fields<'dom:domain flags:u32'>` is `{dom: DomainRef; flags: number}`. */
export type Fields<S extends Schema> = {[Field in Split<S> as NameOf<Field>]: Decoded<TypeOf<Field>>};

type MayBeLeftOut<Field extends string> = Field extends 'flags:u32' | `${string}?` ? Field : never;

/** The object a schema is encoded from. `flags` may be left out and is 0 then; so may whatever may be absent. */
export type Inputs<S extends Schema> = {
  readonly [Field in Exclude<Split<S>, MayBeLeftOut<Split<S>>> as NameOf<Field>]: Encodable<TypeOf<Field>>;
} & {
  readonly [Field in MayBeLeftOut<Split<S>> as NameOf<Field>]?: Encodable<TypeOf<Field>> | undefined;
};

/** How the wire names a domain. `id` is -1 while it does not run; a stale id does no harm, the UUID decides. */
export type DomainRef = Fields<typeof structs.domain>;
export type NetworkRef = Fields<typeof structs.network>;
export type StoragePoolRef = Fields<typeof structs.pool>;
export type StorageVolumeRef = Fields<typeof structs.volume>;
export type NwfilterRef = Fields<typeof structs.nwfilter>;
export type SecretRef = Fields<typeof structs.secret>;
export type SnapshotRef = Fields<typeof structs.snapshot>;
export type CheckpointRef = Fields<typeof structs.checkpoint>;
/** An error as the daemon sends it; `LibvirtError` is what callers see. */
export type WireError = Fields<typeof structs.error>;
