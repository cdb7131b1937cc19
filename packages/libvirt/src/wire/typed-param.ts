/** The types a typed parameter can have, at their wire number. */
export const typedParamTypes = ['int', 'uint', 'llong', 'ullong', 'double', 'boolean', 'string'] as const;

export type TypedParamType = (typeof typedParamTypes)[number];

/**
 * One named value of a call such as a migration or a block job. libvirt insists on the exact type: a `bandwidth` that is
 * not `ullong` is refused. A list is the same field several times.
 */
export type TypedParam =
  | {readonly field: string; readonly type: 'int' | 'uint' | 'double'; readonly value: number}
  | {readonly field: string; readonly type: 'llong' | 'ullong'; readonly value: number | bigint}
  | {readonly field: string; readonly type: 'boolean'; readonly value: boolean}
  | {readonly field: string; readonly type: 'string'; readonly value: string};

/** A value of a typed parameter: 64-bit integers are numbers while these are exact, bigints beyond. */
export type TypedValue = number | bigint | boolean | string;

/** Which type each field has; `'string[]'` for a field that may be repeated. */
export type TypedParamTypes = Readonly<Record<string, TypedParamType | 'string[]'>>;

/** The values that go with a table of types; each may be left out. */
export type TypedParamInputs<Types extends TypedParamTypes> = {
  readonly [Field in keyof Types]?:
    | (Types[Field] extends 'string[]'
        ? readonly string[]
        : Types[Field] extends 'string'
          ? string
          : Types[Field] extends 'boolean'
            ? boolean
            : Types[Field] extends 'llong' | 'ullong'
              ? number | bigint
              : number)
    | undefined;
};

/**
 * Turns named values into typed parameters, by a table that says which type each has.
 *
 *     typedParams({bandwidth: 'ullong', migrate_disks: 'string[]'}, {bandwidth: 100, migrate_disks: ['vda', 'vdb']})
 *
 * @throws {TypeError} for a field that is not in the table.
 */
export function typedParams<const Types extends TypedParamTypes>(
  types: Types,
  values: TypedParamInputs<Types>,
): TypedParam[] {
  return Object.entries<TypedValue | readonly string[] | undefined>(values).flatMap(([field, value]) => {
    const type = types[field];
    if (type === undefined) {
      throw new TypeError(`No type is known for the parameter ${field}`);
    }
    if (value === undefined) {
      return [];
    }
    return type === 'string[]'
      ? (value as readonly string[]).map(item => ({field, type: 'string', value: item}) as const)
      : [{field, type, value} as TypedParam];
  });
}

/** The values of typed parameters by field name. Of a repeated field the last one stays: see `repeatedValues`. */
export function paramValues(params: readonly TypedParam[]): Record<string, TypedValue> {
  return Object.fromEntries(params.map(({field, value}) => [field, value]));
}

/** All values of one field, in order. */
export function repeatedValues(params: readonly TypedParam[], name: string): TypedValue[] {
  return params.filter(({field}) => field === name).map(({value}) => value);
}
