import {errorCode, errorDomain, type LibvirtErrorCode, type LibvirtErrorDomain} from './error-codes.ts';
import {hintFor} from './error-hints.ts';
import type {DomainRef, NetworkRef, WireError} from './wire/schema.ts';

const levels = ['none', 'warning', 'error'] as const;
/** A procedure that the daemon is too old to know is refused with this. */
const unknownProcedure = /^unknown procedure/;

/** A daemon refused or failed a call. `code` is stable API; `message` is what the daemon wrote. */
export class LibvirtError extends Error {
  static {
    this.prototype.name = 'LibvirtError';
  }
  readonly code: LibvirtErrorCode;
  /** libvirt's own number for `code`. */
  readonly number: number;
  /** The part of libvirt that complains, as in `QEMU`, and its number. */
  readonly domain: LibvirtErrorDomain;
  readonly domainNumber: number;
  readonly level: (typeof levels)[number];
  readonly host: string;
  /** The procedure that was called, as in `DOMAIN_LOOKUP_BY_NAME`. */
  readonly procedure: string;
  /** What to do next, in one imperative sentence. */
  readonly hint: string;
  /** What the daemon was about to do it to, where it says so. */
  readonly subject: {readonly domain: DomainRef | null; readonly network: NetworkRef | null};
  /** The details that libvirt put into its message, one by one. */
  readonly details: {
    readonly strings: readonly [string | null, string | null, string | null];
    readonly numbers: readonly [number, number];
  };

  constructor(
    error: WireError,
    {host, procedure, since}: {host: string; procedure: string; since?: string | undefined},
  ) {
    super(error.message ?? 'The daemon gave no reason');
    this.code = errorCode(error.code);
    this.number = error.code;
    this.domain = errorDomain(error.domain);
    this.domainNumber = error.domain;
    this.level = levels[error.level] ?? 'error';
    this.host = host;
    this.procedure = procedure;
    this.hint = unknownProcedure.test(this.message)
      ? `Upgrade libvirt on ${host}: ${procedure} needs ${since === undefined ? 'a newer one' : `${since} or later`}.`
      : hintFor(this.code);
    this.subject = {domain: error.dom, network: error.net};
    this.details = {strings: [error.str1, error.str2, error.str3], numbers: [error.int1, error.int2]};
  }

  /** Whether the daemon is too old to know the procedure, or its driver does not implement it. */
  get unsupported(): boolean {
    return this.code === 'NO_SUPPORT' || unknownProcedure.test(this.message);
  }
}
