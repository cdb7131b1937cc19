export type ConnectionErrorCode =
  | 'URI_INVALID'
  | 'CONNECT_FAILED'
  | 'TLS_REFUSED'
  | 'AUTH_FAILED'
  | 'AUTH_UNSUPPORTED'
  | 'CONNECTION_LOST'
  | 'CONNECTION_CLOSED'
  | 'KEEPALIVE_TIMEOUT'
  | 'PROTOCOL_ERROR'
  | 'STREAM_CLOSED';

/** The way to a daemon failed, rather than the daemon a call. `code` is stable API; `message` may be reworded. */
export class ConnectionError extends Error {
  static {
    this.prototype.name = 'ConnectionError';
  }
  readonly code: ConnectionErrorCode;
  /** What to do next, in one imperative sentence. */
  readonly hint: string;
  /** The host it was about, where one is known. */
  readonly host: string | undefined;

  constructor(
    code: ConnectionErrorCode,
    message: string,
    {hint, host, cause}: {hint: string; host?: string | undefined; cause?: unknown},
  ) {
    super(message, cause === undefined ? {} : {cause});
    this.code = code;
    this.hint = hint;
    this.host = host;
  }
}

/** What arrived does not follow the protocol. */
export function protocolError(message: string, cause?: unknown): ConnectionError {
  return new ConnectionError('PROTOCOL_ERROR', message, {
    hint: 'Check that a libvirt daemon, and nothing else, listens at this address.',
    cause,
  });
}

/** The same error, told of one host. Whatever is no protocol error passes through. */
export function protocolErrorAt(host: string, error: unknown): unknown {
  return error instanceof ConnectionError && error.code === 'PROTOCOL_ERROR' && error.host === undefined
    ? new ConnectionError('PROTOCOL_ERROR', `${host}: ${error.message}`, {hint: error.hint, host, cause: error})
    : error;
}
