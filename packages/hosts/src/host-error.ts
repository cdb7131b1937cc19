export type HostErrorCode =
  | 'ACCESS_DENIED'
  /** The move was aborted, by dr or by somebody else. */
  | 'ABORTED'
  | 'BUSY'
  | 'CPU_INCOMPATIBLE'
  | 'DISK_FULL'
  | 'DOMAIN_NOT_FOUND'
  /** The call failed in a way that has no code of its own. */
  | 'FAILED'
  | 'HOST_UNREACHABLE'
  /** The call that moved a domain ended without saying where the domain is now: only both hosts can tell. */
  | 'OUTCOME_UNKNOWN'
  /** The source's daemon cannot talk to the target's. Nothing has moved. */
  | 'PEER_UNREACHABLE'
  /** The domain is not in a state that allows this. */
  | 'NOT_NOW'
  | 'NOT_SUPPORTED'
  /** No byte moved for too long. */
  | 'STALLED'
  | 'VOLUME_EXISTS'
  | 'VOLUME_NOT_FOUND';

/** A host refused or failed a call. `code` is stable API; `message` may be reworded. */
export class HostError extends Error {
  static {
    this.prototype.name = 'HostError';
  }
  readonly code: HostErrorCode;
  readonly host: string;
  /** The operator's next move, in one imperative sentence. */
  readonly hint: string;
  constructor(
    code: HostErrorCode,
    message: string,
    {host, hint, ...options}: ErrorOptions & {host: string; hint: string},
  ) {
    super(message, options);
    this.code = code;
    this.host = host;
    this.hint = hint;
  }
}
