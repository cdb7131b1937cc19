/** A table of flags by name: libvirt's constant without its prefix, in lower case, with `-` for `_`. */
export type FlagTable = Readonly<Record<string, number>>;

/** The names of a table. */
export type FlagOf<Table extends FlagTable> = keyof Table & string;

/**
 * The bits that go over the wire for a list of names: `flagBits(undefineFlags, ['nvram'])` is 4.
 * @throws {TypeError} for a name the table does not have.
 */
export function flagBits<Table extends FlagTable>(table: Table, names: readonly FlagOf<Table>[] = []): number {
  let bits = 0;
  for (const name of names) {
    const bit = Object.hasOwn(table, name) ? table[name] : undefined;
    if (bit === undefined) {
      throw new TypeError(`There is no flag ${name}; choose from ${Object.keys(table).join(', ')}`);
    }
    bits |= bit;
  }
  return bits >>> 0;
}

/** A name for one of libvirt's numbers, or `unknown-<number>` for one that is newer than this client. */
export type NameOf<Names extends readonly string[]> = Names[number] | `unknown-${number}`;

/** Looks a number up in a list of names, each at its number. */
export function nameOf<const Names extends readonly string[]>(names: Names, number: number): NameOf<Names> {
  return names[number] ?? `unknown-${number}`;
}

/**
 * The reverse of `nameOf`.
 * @throws {TypeError} for a name that is not in the list.
 */
export function numberOf<const Names extends readonly string[]>(names: Names, name: Names[number]): number {
  const number = names.indexOf(name);
  if (number < 0) {
    throw new TypeError(`There is no ${name}; choose from ${names.join(', ')}`);
  }
  return number;
}
