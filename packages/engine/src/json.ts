import {createHash} from 'node:crypto';

/** Plain data: what survives JSON unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | {readonly [key: string]: Json};

/** The one spelling of a value: keys sorted, nothing between tokens, `undefined` members left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inner => canonicalJson(inner ?? null)).join(',')}]`;
  if (!isPlainObject(value)) return JSON.stringify(value) ?? 'null';
  const members = Object.keys(value)
    .filter(key => value[key] !== undefined)
    .sort()
    .map(key => `${JSON.stringify(key)}:${canonicalJson(value[key])}`);
  return `{${members.join(',')}}`;
}

/** SHA-256 over the canonical spelling: `sha256:` and 64 hex digits. */
export function digestOf(value: unknown): string {
  return `sha256:${createHash('sha256').update(canonicalJson(value)).digest('hex')}`;
}

/** Where in `value` something stands that JSON would lose or change, as a path; undefined when it is plain data. */
export function notPlain(value: unknown, path = ''): string | undefined {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : path;
  if (Array.isArray(value)) return firstNotPlain(value.entries(), path);
  if (isPlainObject(value)) return firstNotPlain(Object.entries(value), path);
  return path;
}

/** Freezes plain data all the way down. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) frozen(inner);
  }
  return value;
}

function firstNotPlain(entries: Iterable<[string | number, unknown]>, path: string): string | undefined {
  for (const [key, inner] of entries) {
    if (inner === undefined && typeof key === 'string') continue;
    const found = notPlain(inner, `${path}/${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
