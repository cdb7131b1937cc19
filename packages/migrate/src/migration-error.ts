export type MigrationErrorCode =
  /** The domain was aborted on its way; where it runs is in the message. */
  | 'ABORTED'
  /** Another run holds the domain; who, is in the message. */
  | 'CLAIMED'
  /** A copy does not read like its original. */
  | 'COPY_DIFFERS'
  /** A file on the target that dr did not put there. */
  | 'FILE_IN_THE_WAY'
  | 'GUEST_SILENT'
  /** The move failed; the domain still is on its source. */
  | 'MOVE_FAILED'
  | 'NOTHING_TO_MOVE'
  | 'NOT_ON_SOURCE'
  /** What source and target are said to share was not seen to be the same. */
  | 'NOT_SHARED'
  | 'SAME_HOST'
  /** The domain is not in the state that this kind of move needs. */
  | 'SOURCE_STATE'
  /** The domain is not verified on its target, so its source is left alone. */
  | 'TARGET_NOT_VERIFIED'
  | 'UNCLEAR'
  | 'UNKNOWN_DOMAIN'
  | 'UNKNOWN_HOST';

/** A migration that cannot be planned or did not succeed. `code` is stable API; `message` may be reworded. */
export class MigrationError extends Error {
  static {
    this.prototype.name = 'MigrationError';
  }
  readonly code: MigrationErrorCode;
  /** The operator's next move, in one imperative sentence. */
  readonly hint: string;
  constructor(code: MigrationErrorCode, message: string, {hint, ...options}: ErrorOptions & {hint: string}) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}
