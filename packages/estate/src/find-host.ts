import type {Estate, EstateHost} from './estate.ts';
import {didYouMean} from './nearest.ts';

export type EstateNameErrorCode = 'UNKNOWN_HOST';

/** A name that dr.yaml does not know. */
export class EstateNameError extends Error {
  static {
    this.prototype.name = 'EstateNameError';
  }
  readonly code: EstateNameErrorCode;
  /** The operator's next move; what was probably meant when that can be told. */
  readonly hint: string;
  constructor(code: EstateNameErrorCode, message: string, {hint, ...options}: ErrorOptions & {hint: string}) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}

/** @throws {EstateNameError} `UNKNOWN_HOST`. */
export function findHost(estate: Estate, name: string): EstateHost {
  const host = estate.hosts.find(candidate => candidate.name === name);
  if (host) return host;
  const known = estate.hosts.map(candidate => candidate.name);
  throw new EstateNameError('UNKNOWN_HOST', `There is no host ${name} in dr.yaml`, {
    hint: didYouMean(name, known, {what: 'host'}),
  });
}
