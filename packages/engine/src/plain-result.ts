import type {Json} from './json.ts';

/** What a step returned, as plain data: bigints as text, dates as ISO, what JSON cannot carry left out. */
export function plainResult(value: unknown): Json | undefined {
  if (value === undefined) return undefined;
  try {
    const text = JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === 'bigint' ? inner.toString() : inner,
    );
    return text === undefined ? undefined : (JSON.parse(text) as Json);
  } catch {
    // The act is done whatever it returned: a strange result must not undo that.
    return `[unprintable ${typeof value}]`;
  }
}
