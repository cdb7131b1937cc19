import {createHash} from 'node:crypto';

/** Plain data: what survives JSON unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | {readonly [key: string]: Json};

/** SHA-256 over the canonical spelling: `sha256:` and 64 hex digits. */
export function digestOf(value: unknown): string {
  const hash = createHash('sha256');
  // In pieces: the spelling of a large plan need not stand in memory as a whole.
  let piece = '';
  spell(value, part => {
    piece += part;
    if (piece.length < pieceLength) return;
    hash.update(piece);
    piece = '';
  });
  return `sha256:${hash.update(piece).digest('hex')}`;
}

const pieceLength = 64 * 1024;

/**
 * A frozen copy of plain data.
 * @throws {NotPlainError} for what JSON would lose or change.
 */
export function frozenCopy<T>(value: T): T {
  return copied(value, []) as T;
}

/** Something that is not plain data, and where: a path like `/disks/0/size`. */
export class NotPlainError extends TypeError {
  readonly path: string;
  constructor(path: readonly string[]) {
    super(`Not plain data: /${path.join('/')}`);
    this.path = `/${path.join('/')}`;
  }
}

function copied(value: unknown, path: string[]): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (Array.isArray(value)) {
    const array = value.map((inner, nr) => copiedAt(inner, `${nr}`, path));
    return Object.freeze(array);
  }
  if (!isPlainObject(value)) throw new NotPlainError(path);
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const inner = value[key];
    if (inner !== undefined) copy[key] = copiedAt(inner, key, path);
  }
  return Object.freeze(copy);
}

function copiedAt(value: unknown, key: string, path: string[]): unknown {
  path.push(key);
  const copy = copied(value, path);
  path.pop();
  return copy;
}

/** The one spelling of a value: keys sorted, nothing between tokens, `undefined` members left out. */
function spell(value: unknown, write: (part: string) => void): void {
  if (Array.isArray(value)) {
    write('[');
    for (const [nr, inner] of value.entries()) {
      if (nr > 0) write(',');
      spell(inner, write);
    }
    write(']');
  } else if (isPlainObject(value)) {
    let open = '{';
    for (const key of Object.keys(value).sort()) {
      if (value[key] === undefined) continue;
      write(`${open}${JSON.stringify(key)}:`);
      spell(value[key], write);
      open = ',';
    }
    write(open === '{' ? '{}' : '}');
  } else {
    write(JSON.stringify(value) ?? 'null');
  }
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
