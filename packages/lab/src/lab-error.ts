export type LabErrorCode =
  | 'LAB_REFUSED'
  | 'LAB_EXISTS'
  | 'LAB_UNKNOWN'
  | 'LAB_BUSY'
  | 'LAB_RECORD_BROKEN'
  | 'BAD_NAME'
  | 'NO_FREE_SUBNET'
  | 'NETWORK_GONE'
  | 'NO_ROOM'
  | 'HOST_UNKNOWN'
  | 'HOST_OFF'
  | 'HOST_ON'
  | 'HOST_FAILED'
  | 'GUEST_FAILED'
  | 'IMAGE_FAILED'
  | 'NO_DELAY'
  | 'COMMAND_FAILED';

/** The lab refused or failed. `code` is stable API; `message` may be reworded. */
export class LabError extends Error {
  static {
    this.prototype.name = 'LabError';
  }

  readonly code: LabErrorCode;
  /** The operator's next move, in one imperative sentence. */
  readonly hint: string;

  constructor(code: LabErrorCode, message: string, options: ErrorOptions & {hint: string}) {
    super(message, options);
    this.code = code;
    this.hint = options.hint;
  }
}
