const unitMs = {ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000} as const;

/** A whole number and a unit, several of them from large to small: `15m`, `1h30m`, `500ms`. */
export const durationPattern = /^(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m(?!s))?(?:\d+s)?(?:\d+ms)?$/u;

/** Milliseconds of a duration such as `15m`; undefined when it is none. */
export function durationMs(text: string): number | undefined {
  if (text === '' || !durationPattern.test(text)) return undefined;
  let sum = 0;
  for (const [, count = '', unit = ''] of text.matchAll(/(\d+)(ms|[smhdw])/gu)) {
    sum += Number(count) * unitMs[unit as keyof typeof unitMs];
  }
  return Number.isSafeInteger(sum) ? sum : undefined;
}
