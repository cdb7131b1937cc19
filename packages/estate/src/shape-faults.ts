import type {z} from 'zod';

import {didYouMean} from './nearest.ts';
import type {Path} from './place-in-file.ts';
import {estateSchema} from './schema.ts';
import {keysAt} from './schema-keys.ts';

/** A mistake before it has a place. */
export interface Fault {
  readonly path: Path;
  readonly at?: 'key' | 'value';
  readonly message: string;
  readonly hint: string;
  /** What stands there is a secret and must not be shown. */
  readonly secret?: boolean;
}

type Issue = z.core.$ZodIssue;

/** What has the wrong form: unknown keys, missing ones, wrong types and spellings. */
export function shapeFaults(value: unknown): Fault[] {
  const parsed = estateSchema.safeParse(value);
  const issues = parsed.success ? [] : parsed.error.issues;
  return [...unnameable(value, [], new Set()), ...issues.flatMap(issue => faultsOf(issue, value, []))];
}

/** Things named `__proto__`: the schema would skip them without a word, with all that stands under them. */
function unnameable(value: unknown, path: Path, seen: Set<object>): Fault[] {
  if (typeof value !== 'object' || value === null || seen.has(value)) return [];
  seen.add(value);
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    const place = [...path, Array.isArray(value) ? Number(key) : key];
    if (key !== '__proto__') return unnameable(inner, place, seen);
    return [{path: place, at: 'key', message: 'nothing can be named __proto__', hint: 'Choose another name here'}];
  });
}

function faultsOf(issue: Issue, root: unknown, above: Path): Fault[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') return issue.keys.map(key => unknownKey(key, path));
  if (issue.code === 'invalid_union') return unionFaults(issue, root, path);
  if (issue.code === 'invalid_type') return [typeFault(issue.expected, valueAt(root, path), path)];
  if (issue.code === 'invalid_key') {
    return issue.issues.map(inner => ({path, at: 'key', message: inner.message, hint: 'Choose another name here'}));
  }
  return [{path, message: issue.message, hint: 'Correct the value at the caret'}];
}

function unknownKey(key: string, path: Path): Fault {
  const known = keysAt(path);
  return {
    path: [...path, key],
    at: 'key',
    message: `unknown key ${JSON.stringify(key)}`,
    hint: known.length === 0 ? 'Nothing can stand here' : didYouMean(key, known, {what: 'key'}),
  };
}

function typeFault(expected: string, found: unknown, path: Path): Fault {
  const key = String(path.at(-1));
  if (found === undefined) {
    return {path, at: 'key', message: `${JSON.stringify(key)} is missing`, hint: `Add ${key}: ${example(key)}`};
  }
  const quoted = typeof found === 'number' || typeof found === 'boolean' ? `"${found}"` : undefined;
  const hint =
    expected === 'string' && quoted !== undefined ? `Write it in quotes: ${quoted}` : `Write ${wordFor(expected)} here`;
  return {path, message: `expected ${wordFor(expected)}, found ${kindOf(found)}`, hint};
}

/** The alternative that the writer came nearest to is the one whose faults are told. */
function unionFaults(issue: Issue & {code: 'invalid_union'}, root: unknown, path: Path): Fault[] {
  const found = valueAt(root, path);
  if (isSecretPlace(path)) return secretFaults(found, path);
  const alternatives = issue.errors.filter(
    issues => !issues.some(inner => inner.code === 'invalid_type' && inner.path.length === 0),
  );
  const nearestOne = alternatives.toSorted((a, b) => a.length - b.length)[0];
  if (nearestOne) return nearestOne.flatMap(inner => faultsOf(inner, root, path));
  const words = issue.errors.flatMap(issues =>
    issues.flatMap(inner => (inner.code === 'invalid_type' ? [wordFor(inner.expected)] : [])),
  );
  const expected = [...new Set(words)].join(' or ');
  return [{path, message: `expected ${expected}, found ${kindOf(found)}`, hint: `Write ${expected} here`}];
}

function isSecretPlace(path: Path): boolean {
  return path.at(-2) === 'secrets';
}

const secretHint = 'Say where it is instead: {env: NAME}, {file: PATH} or {command: [...]}';

function secretFaults(found: unknown, path: Path): Fault[] {
  const keys = typeof found === 'object' && found !== null && !Array.isArray(found) ? Object.keys(found) : undefined;
  if (!keys) {
    const message = 'a secret is written out, and dr.yaml lies in git';
    return [{path, secret: true, message, hint: secretHint}];
  }
  return [
    {
      path,
      secret: true,
      message: `a secret is in one place, named by env, file or command; found: ${keys.join(', ') || 'nothing'}`,
      hint: secretHint,
    },
  ];
}

export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'keys and values';
  if (typeof value === 'number') return `the number ${value}`;
  return typeof value === 'boolean' ? String(value) : 'text';
}

function wordFor(expected: string): string {
  const words: Record<string, string> = {
    array: 'a list',
    boolean: 'true or false',
    int: 'a whole number',
    number: 'a number',
    object: 'keys and values',
    record: 'keys and values',
    string: 'text',
  };
  return words[expected] ?? expected;
}

function example(key: string): string {
  const examples: Record<string, string> = {
    estate: 'NAME',
    hosts: '{NAME: {uri: qemu+ssh://root@NAME/system}}',
    uri: 'qemu+ssh://root@HOST/system',
    libvirt: 'default',
    domains: '{NAME: {}}',
    agent: 'fence_ipmilan',
  };
  return examples[key] ?? '...';
}
