export type XmlErrorCode = 'NOT_XML' | 'WRONG_ROOT' | 'INVALID_VALUE';

/** A text is no XML, or not the XML it should be. `code` is stable API. */
export class XmlError extends Error {
  static {
    this.prototype.name = 'XmlError';
  }
  readonly code: XmlErrorCode;
  /** What to do next, in one imperative sentence. */
  readonly hint: string;

  constructor(code: XmlErrorCode, message: string, {hint, cause}: ErrorOptions & {readonly hint: string}) {
    super(message, {cause});
    this.code = code;
    this.hint = hint;
  }
}
