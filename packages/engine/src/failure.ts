import {inspect} from 'node:util';

import type {Failure} from './run-event.ts';

/** What is kept of an error: plain data, however strange the thing that was thrown. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return {message: messageOf(error)};
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const hint = 'hint' in error && typeof error.hint === 'string' ? error.hint : undefined;
  const causes = causesOf(error);
  return {
    message: error.message || error.name,
    ...(code !== undefined && {code}),
    ...(hint !== undefined && {hint}),
    ...(causes.length > 0 && {causes}),
  };
}

function causesOf(error: Error): string[] {
  const causes: string[] = [];
  for (let cause = error.cause; cause !== undefined && causes.length < 5;) {
    causes.push(messageOf(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return causes;
}

function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  return typeof thrown === 'string' ? thrown : inspect(thrown);
}
