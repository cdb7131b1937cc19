export type CliErrorCode =
  /** A word or option that makes no sense. */
  | 'USAGE'
  /** Nobody said yes. */
  | 'NOT_CONFIRMED'
  /** It would overwrite something. */
  | 'IN_THE_WAY'
  /** Something stands in the way of all that was asked for. */
  | 'BLOCKED'
  /** The world is not any more as a plan needs it. */
  | 'DRIFTED'
  /** The process at the controls of a run that was watched has died. */
  | 'CRASHED'
  | 'HOST_UNREACHABLE'
  | 'INTERRUPTED';

/** The command line refuses or cannot go on. `code` is stable API; `message` may be reworded. */
export class CliError extends Error {
  static {
    this.prototype.name = 'CliError';
  }
  readonly code: CliErrorCode;
  /** The operator's next move, in one imperative sentence. */
  readonly hint: string;
  constructor(code: CliErrorCode, message: string, {hint, ...options}: ErrorOptions & {hint: string}) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}
