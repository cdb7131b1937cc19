import type {Path} from './place-in-file.ts';
import {estateSchema} from './schema.ts';

interface Inner {
  readonly def: {
    readonly type: string;
    readonly shape?: Readonly<Record<string, Inner>>;
    readonly valueType?: Inner;
    readonly element?: Inner;
    readonly innerType?: Inner;
    readonly options?: readonly Inner[];
  };
}

/** The keys that dr.yaml may have at a path. */
export function keysAt(path: Path): string[] {
  let places: readonly Inner[] = plain(estateSchema);
  for (const key of path) places = places.flatMap(place => inside(place, key)).flatMap(plain);
  return [...new Set(places.flatMap(({def}) => Object.keys(def.shape ?? {})))];
}

function inside({def}: Inner, key: PropertyKey): Inner[] {
  const inner = def.shape?.[String(key)] ?? def.valueType ?? def.element;
  return inner ? [inner] : [];
}

/** What an optional or a choice stands for. */
function plain(schema: Inner): Inner[] {
  const {innerType, options} = schema.def;
  if (innerType) return plain(innerType);
  return options ? options.flatMap(plain) : [schema];
}
