/** What `dr` ends with; scripts rely on it. */
export const exitCodes = {done: 0, failed: 1, usage: 2, refused: 3, interrupted: 130} as const;
export type ExitCode = number;

const usageCodes = new Set([
  'USAGE',
  'URI_INVALID',
  // dr.yaml
  'ESTATE_NOT_FOUND',
  'ESTATE_UNREADABLE',
  'ESTATE_INVALID',
  // names and requests that make no sense
  'UNKNOWN_HOST',
  'UNKNOWN_DOMAIN',
  'SAME_HOST',
  'NOTHING_TO_MOVE',
  'NO_SUCH_RUN',
  'NO_SUCH_STEP',
  'BAD_ANSWER',
  'BAD_NAME',
  'HOST_UNKNOWN',
  'LAB_UNKNOWN',
  // a plan in a file
  'BAD_ARGS',
  'BAD_LANES',
  'CYCLE',
  'DIGEST_MISMATCH',
  'DUPLICATE_ID',
  'NOT_A_PLAN',
  'UNKNOWN_KIND',
  'UNKNOWN_NEED',
]);

const refusedCodes = new Set([
  'NOT_CONFIRMED',
  'IN_THE_WAY',
  'BLOCKED',
  'CLAIMED',
  'DRIFTED',
  'RUN_IS_ALIVE',
  'SECRET_IN_PLAN',
  'STORE_ON_NETWORK',
  'NOT_NOW',
  'LAB_REFUSED',
  'LAB_EXISTS',
  'LAB_BUSY',
]);

/** The exit code that an error ends with, by its `code`. */
export function exitCodeOf(error: unknown): ExitCode {
  const code = codeOf(error) ?? '';
  if (code === 'INTERRUPTED') return exitCodes.interrupted;
  if (usageCodes.has(code)) return exitCodes.usage;
  return refusedCodes.has(code) ? exitCodes.refused : exitCodes.failed;
}

export function codeOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
