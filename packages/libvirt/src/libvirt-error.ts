import {errorCode, errorDomain, errorNumbers, type LibvirtErrorCode, type LibvirtErrorDomain} from './error-codes.ts';
import {hintFor} from './error-hints.ts';
import type {DomainRef, NetworkRef, WireError} from './wire/schema.ts';

const levels = ['none', 'warning', 'error'] as const;

/** What was called, and where. */
interface Called {
  readonly host: string;
  /** As in `DOMAIN_LOOKUP_BY_NAME`. */
  readonly procedure: string;
  readonly procedureNumber?: number | undefined;
  /** The number of the program that the procedure belongs to. */
  readonly program?: number | undefined;
  /** The libvirt version that brought it. */
  readonly since?: string | undefined;
}

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
  /** Whether the daemon is too old to know the procedure, or its driver does not implement it. */
  readonly unsupported: boolean;
  /** What the daemon was about to do it to, where it says so. */
  readonly subject: {readonly domain: DomainRef | null; readonly network: NetworkRef | null};
  /** The details that libvirt put into its message, one by one. */
  readonly details: {
    readonly strings: readonly [string | null, string | null, string | null];
    readonly numbers: readonly [number, number];
  };

  constructor(error: WireError, called: Called) {
    super(error.message ?? 'The daemon gave no reason');
    this.code = errorCode(error.code);
    this.number = error.code;
    this.domain = errorDomain(error.domain);
    this.domainNumber = error.domain;
    this.level = levels[error.level] ?? 'error';
    const {host, procedure, since} = called;
    const unknown = isUnknown(error, called);
    this.host = host;
    this.procedure = procedure;
    this.unsupported = unknown || this.code === 'NO_SUPPORT' || isForeign(error, called);
    this.hint = unknown
      ? `Upgrade libvirt on ${host}: ${procedure} needs ${since === undefined ? 'a newer one' : `${since} or later`}.`
      : hintFor(this.unsupported ? 'NO_SUPPORT' : this.code);
    this.subject = {domain: error.dom, network: error.net};
    this.details = {strings: [error.str1, error.str2, error.str3], numbers: [error.int1, error.int2]};
  }
}

/** A procedure that the daemon is too old to know is refused with its number, in whatever language the daemon speaks. */
function isUnknown({code, message}: WireError, {procedureNumber}: Called): boolean {
  const named = /[:：]\s*(\d+)$/u.exec(message ?? '')?.[1];
  return code === errorNumbers.RPC && named !== undefined && Number(named) === procedureNumber;
}

/** A daemon that is for another driver alone, as virtlxcd is, does not have QEMU's program. */
function isForeign({code, message}: WireError, {program}: Called): boolean {
  return code === errorNumbers.RPC && program !== undefined && message?.split(' ').includes(String(program)) === true;
}
