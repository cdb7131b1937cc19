export type PlanErrorCode =
  | 'BAD_ARGS'
  | 'BAD_LANES'
  | 'CYCLE'
  | 'DIGEST_MISMATCH'
  | 'DUPLICATE_ID'
  | 'NOT_A_PLAN'
  | 'UNKNOWN_KIND'
  | 'UNKNOWN_NEED';

export type RunErrorCode =
  /** The answer does not fit the question. */
  | 'BAD_ANSWER'
  /** Another controller has taken the run over: this one may not act on it any more. */
  | 'FENCED'
  /** The folder of a run cannot be written now. It may be again. */
  | 'FOLDER_UNWRITABLE'
  /** The step is not in a state that this can be asked of. */
  | 'NOT_NOW'
  | 'NO_SUCH_RUN'
  | 'NO_SUCH_STEP'
  | 'RUN_IS_ALIVE'
  | 'SECRET_IN_PLAN'
  | 'STORE_ON_NETWORK'
  /** The store cannot be used where it lies, or by this version. */
  | 'STORE_UNUSABLE'
  /** It cannot be written now: no room, a lock. It may be again. */
  | 'STORE_UNWRITABLE';

interface Hinted extends ErrorOptions {
  /** The operator's next move, in one imperative sentence. */
  readonly hint: string;
}

/** A plan that cannot be right. `code` is stable API; `message` may be reworded. */
export class PlanError extends Error {
  static {
    this.prototype.name = 'PlanError';
  }
  readonly code: PlanErrorCode;
  readonly hint: string;
  constructor(code: PlanErrorCode, message: string, options: Hinted) {
    super(message, options);
    this.code = code;
    this.hint = options.hint;
  }
}

/** A run or its store refused. `code` is stable API; `message` may be reworded. */
export class RunError extends Error {
  static {
    this.prototype.name = 'RunError';
  }
  readonly code: RunErrorCode;
  readonly hint: string;
  constructor(code: RunErrorCode, message: string, options: Hinted) {
    super(message, options);
    this.code = code;
    this.hint = options.hint;
  }
}
