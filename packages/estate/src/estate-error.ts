export type EstateErrorCode = 'ESTATE_NOT_FOUND' | 'ESTATE_UNREADABLE' | 'ESTATE_INVALID';

/** One thing wrong in dr.yaml, with its place. */
export interface Mistake {
  /** Dotted path of the key: `hosts.sunjammer.uri`; empty for the file as a whole. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
  readonly message: string;
  /** What to write instead, or where to look. */
  readonly hint: string;
  /** The line with a caret under the place; secrets are blotted out. */
  readonly excerpt: string;
}

/** dr.yaml is missing, cannot be read, or is wrong: then with every mistake in it. */
export class EstateError extends Error {
  static {
    this.prototype.name = 'EstateError';
  }
  readonly code: EstateErrorCode;
  /** The operator's next move, in one imperative sentence. */
  readonly hint: string;
  readonly file: string;
  readonly mistakes: readonly Mistake[];
  constructor(
    code: EstateErrorCode,
    message: string,
    {hint, file, mistakes = [], ...options}: ErrorOptions & {hint: string; file: string; mistakes?: readonly Mistake[]},
  ) {
    super(message, options);
    this.code = code;
    this.hint = hint;
    this.file = file;
    this.mistakes = mistakes;
  }
}

/** A mistake as it is shown to people: place, message, excerpt, hint. Four lines or five, no colours. */
export function describeMistake({path, line, column, message, hint, excerpt}: Mistake, file: string): string {
  const subject = path === '' ? message : `${path}: ${message}`;
  return [`${file}:${line}:${column} ${subject}`, excerpt.replaceAll(/^/gmu, '  '), `  ${hint}`].join('\n');
}
