import {codeOf} from './exit-code.ts';

/** An error as data, for --json. */
export interface ErrorEvent {
  readonly type: 'error';
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** What failed and what to do next, in a few lines. A stack trace only with DR_DEBUG=1. */
export function describeError(error: unknown, {debug}: {readonly debug: boolean}): string {
  const {message, hint} = errorEvent(error);
  const lines = [`dr: ${message}`];
  if (hint !== undefined) lines.push(`    ${hint}`);
  if (debug && error instanceof Error) lines.push('', traceOf(error));
  return lines.join('\n');
}

export function errorEvent(error: unknown): ErrorEvent {
  const code = codeOf(error) ?? 'UNEXPECTED';
  const message = error instanceof Error ? error.message : String(error);
  const hint: unknown = error instanceof Error && 'hint' in error ? error.hint : undefined;
  if (typeof hint === 'string') return {type: 'error', code, message, hint};
  return {
    type: 'error',
    code,
    message: `${message} (this was not foreseen)`,
    hint: 'See where it comes from: run it again with DR_DEBUG=1',
  };
}

function traceOf(error: Error): string {
  const causes: string[] = [];
  for (let inner: unknown = error; inner instanceof Error && causes.length < 8; inner = inner.cause) {
    causes.push(inner.stack ?? inner.message);
  }
  return causes.join('\ncaused by: ');
}
