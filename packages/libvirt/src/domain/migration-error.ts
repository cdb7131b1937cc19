export type MigrationErrorCode = 'MIGRATION_TARGET_FAILED' | 'MIGRATION_SOURCE_NOT_TOLD' | 'MIGRATION_OUTCOME_UNKNOWN';

/** A client-managed migration ended in another way than by an error of one daemon. `code` is stable API. */
export class MigrationError extends Error {
  static {
    this.prototype.name = 'MigrationError';
  }
  readonly code: MigrationErrorCode;
  /** What to do next, in one imperative sentence. */
  readonly hint: string;

  constructor(code: MigrationErrorCode, message: string, {hint, cause}: ErrorOptions & {readonly hint: string}) {
    super(message, {cause});
    this.code = code;
    this.hint = hint;
  }
}
